import json
from typing import Any

import pytest

from schemas.identity import content_digest
from schemas.rollouts import RawRecord, Rejection, Source, decode_record
from schemas.trajectory import Message, Origin, Role, Status, Trajectory

SOURCE = Source(uri="chats.jsonl", name="chats")
USER = {"role": "user", "content": "Hi"}


def decode(raw: bytes) -> Trajectory | Rejection:
    record = RawRecord(raw=raw, locator="line 1", index=0, record_id=content_digest(raw))
    decoded = decode_record(record, SOURCE)
    return decoded if isinstance(decoded, Rejection) else decoded.trajectories[0]


def read(messages: list[dict[str, Any]], **fields: Any) -> Trajectory:
    decoded = decode(json.dumps({"messages": messages, **fields}).encode())
    assert isinstance(decoded, Trajectory)
    return decoded


def read_message(**message: Any) -> Message:
    return read([{"role": "assistant", "content": "x"} | message]).messages[0]


def test_real_rows_are_read_without_loss(swesmith_file: bytes) -> None:
    for line in swesmith_file.splitlines():
        trajectory = decode(line)
        row = json.loads(line)
        assert isinstance(trajectory, Trajectory)
        assert [(m.role.value, m.text) for m in trajectory.messages] == [
            (m["role"], m["content"]) for m in row["messages"]
        ]
        assert (trajectory.task.benchmark, trajectory.task.task_key) == ("swe_smith", row["instance_id"])
        assert trajectory.extra is None


def test_optional_fields_find_their_columns() -> None:
    tools = [{"type": "function", "function": {"name": "f"}}]
    trajectory = read(
        [USER],
        tools=tools,
        task_id=7,
        trial=1,
        agent="react",
        model="m",
        reward=0.5,
        status="truncated",
        benchmark="b",
        split="test",
        cost_usd=0.25,
        prompt_tokens=3,
        completion_tokens=4,
        termination_reason="max_steps",
    )
    assert trajectory.toolset is not None
    assert json.loads(trajectory.toolset.tools) == tools
    assert (trajectory.task.task_key, trajectory.task.benchmark, trajectory.task.split) == ("7", "b", "test")
    assert (trajectory.trial, trajectory.agent, trajectory.model) == (1, "react", "m")
    assert (trajectory.outcome_reward, trajectory.status) == (0.5, Status.TRUNCATED)
    assert (trajectory.cost_usd, trajectory.prompt_tokens, trajectory.completion_tokens) == (0.25, 3, 4)
    assert trajectory.termination_reason == "max_steps"
    assert trajectory.extra is None


@pytest.mark.parametrize(
    ("fields", "benchmark", "task_key", "extra"),
    [
        ({"instance_id": "django__django-10973"}, "swe_bench", "django__django-10973", None),
        ({"instance_id": "django__django-10973", "benchmark": "mine"}, "mine", "django__django-10973", None),
        ({"instance_id": 4, "tools": []}, "chats", "4", None),
        ({"task_id": 7, "instance_id": "x"}, "chats", "7", {"instance_id": "x"}),
    ],
)
def test_an_instance_is_the_task_when_no_other_is_named(
    fields: dict[str, Any], benchmark: str, task_key: str, extra: object
) -> None:
    trajectory = read([USER], **fields)
    assert (trajectory.task.benchmark, trajectory.task.task_key) == (benchmark, task_key)
    assert json.loads(trajectory.extra or "null") == extra


def test_a_field_of_another_meaning_is_kept_in_extra() -> None:
    trajectory = read([USER], status="weird", score={"a": 1}, trial="x")
    assert (trajectory.status, trajectory.outcome_reward, trajectory.trial) == (Status.UNKNOWN, None, None)
    assert json.loads(trajectory.extra or "") == {"status": "weird", "score": {"a": 1}, "trial": "x"}


def test_an_unknown_reward_is_null_and_not_zero() -> None:
    assert read([USER]).outcome_reward is None
    assert read([USER], reward=None, score=1).outcome_reward == 1.0


def test_tools_in_a_json_string_are_the_same_toolset() -> None:
    tools = '[{"type":"function"}]'
    plain = decode(b'{"messages":[{"role":"user","content":"Hi"}],"tools":' + tools.encode() + b"}")
    assert isinstance(plain, Trajectory)
    assert read([USER], tools=tools).toolset == plain.toolset


def test_rollouts_of_one_prompt_are_one_task() -> None:
    system = {"role": "system", "content": "s"}
    first = read([system, USER, {"role": "assistant", "content": "a"}])
    again = read([system, USER, {"role": "assistant", "content": "b"}, {"role": "user", "content": "more"}])
    other = read([system, {"role": "user", "content": "other"}])
    assert first.task.task_id == again.task.task_id != other.task.task_id
    assert first.task.policy == "s"


@pytest.mark.parametrize(
    ("role", "expected"), [("developer", Role.SYSTEM), ("function", Role.TOOL), ("tool", Role.TOOL)]
)
def test_other_names_of_roles_are_known(role: str, expected: Role) -> None:
    message = read_message(role=role)
    assert message.role is expected
    assert message.extra == (None if role == expected.value else f'{{"role":"{role}"}}')


def test_content_may_be_null_text_or_parts() -> None:
    parts = [
        {"type": "text", "text": "a"},
        {"type": "image_url", "image_url": {"url": "u"}},
        {"type": "text", "text": "b"},
    ]
    message = read_message(content=parts)
    assert (message.text, json.loads(message.content_json or "")) == ("a\nb", parts)
    assert read_message(content=None).text is None
    assert read_message(content="").text == ""


def test_bare_strings_are_parts_too() -> None:
    message = read_message(content=["a", {"type": "text", "text": "b"}, 7])
    assert (message.text, json.loads(message.content_json or "")[0]) == ("a\nb", "a")


@pytest.mark.parametrize("more", [{}, {"score": 2}], ids=["plain", "general"])
def test_a_reward_that_a_float_rounds_keeps_its_digits(more: dict[str, int]) -> None:
    fields = {"reward": 2**53 + 1, "cost_usd": 2**60 + 1} | more
    trajectory = read([USER], **fields)
    assert (trajectory.outcome_reward, trajectory.cost_usd) == (2.0**53, 2.0**60)
    kept = json.loads(trajectory.extra or "")
    assert kept == fields
    assert read([USER], reward=2**53).extra is None


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning", "thinking"])
def test_reasoning_has_many_names(name: str) -> None:
    message = read_message(**{name: "hm"})
    assert (message.reasoning, message.extra) == ("hm", None)


def test_a_refusal_is_what_was_said() -> None:
    message = read_message(content=None, refusal="No.")
    assert (message.text, message.extra) == ("No.", '{"refusal":"No."}')


@pytest.mark.parametrize(
    ("flag", "origin"),
    [
        ({"weight": 0}, Origin.COPIED),
        ({"weight": 1}, Origin.SAMPLED),
        ({"is_demo": True}, Origin.DEMO),
        ({"is_demo": False}, Origin.SAMPLED),
    ],
)
def test_context_and_demonstrations_are_not_the_policys_own_words(
    flag: dict[str, Any], origin: Origin
) -> None:
    message = read_message(**flag)
    assert (message.origin, message.extra) == (origin, None)


@pytest.mark.parametrize("arguments", ['{"a": 1.50}', "{broken", "", "null", '{"a":\n1}'])
def test_an_argument_string_is_never_reformatted(arguments: str) -> None:
    message = read_message(
        tool_calls=[{"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}}]
    )
    assert message.tool_calls[0].arguments == arguments


def test_arguments_in_an_object_keep_their_exact_text() -> None:
    call = b'{"id":"c","type":"function","index":0,"function":{"name":"f","arguments":{"x" : 1.50, "b": 1e5},"strict":true}}'
    trajectory = decode(b'{"messages":[{"role":"assistant","content":null,"tool_calls":[' + call + b"]}]}")
    assert isinstance(trajectory, Trajectory)
    (read_call,) = trajectory.messages[0].tool_calls
    assert read_call.arguments == '{"x" : 1.50, "b": 1e5}'
    assert read_call.extra == '{"index":0,"function":{"strict":true}}'


def test_legacy_and_custom_calls_are_calls() -> None:
    legacy = read(
        [
            {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
            {"role": "function", "name": "f", "content": "ok"},
        ]
    )
    custom = read_message(tool_calls=[{"id": "c", "type": "custom", "custom": {"name": "sh", "input": "ls"}}])
    assert legacy.messages[0].tool_calls[0].result_seq == 1
    assert (custom.tool_calls[0].name, custom.tool_calls[0].arguments) == ("sh", "ls")
    assert custom.tool_calls[0].extra == '{"type":"custom"}'


@pytest.mark.parametrize(
    ("message", "reason", "detail"),
    [
        ({"role": "wizard", "content": "x"}, "unexpected_shape", "Unknown role 'wizard'. Known roles: assistant, dev"),
        ({"content": "x"}, "missing_field", "$.messages[0] has no 'role'"),
        ({"role": "user", "content": 7}, "unexpected_shape", "neither a string, nor parts, nor null"),
        ({"role": "assistant", "tool_calls": [{}]}, "missing_field", "$.messages[0].tool_calls[0].function has no 'name'"),
        ({"role": "assistant", "tool_calls": "x"}, "unexpected_shape", "$.messages[0].tool_calls: Expected `array`"),
    ],
)  # fmt: skip
def test_what_is_no_chat_message_is_rejected(message: dict[str, Any], reason: str, detail: str) -> None:
    rejection = decode(json.dumps({"messages": [message]}).encode())
    assert isinstance(rejection, Rejection)
    assert rejection.reason == reason
    assert detail in rejection.detail


def test_a_conversation_without_messages_is_rejected() -> None:
    rejection = decode(b'{"messages": []}')
    assert isinstance(rejection, Rejection)
    assert rejection.reason == "empty_conversation"


def test_a_weight_that_is_no_mask_is_kept_in_extra() -> None:
    message = read_message(weight=5)
    assert (message.origin, message.extra) == (Origin.SAMPLED, '{"weight":5}')


@pytest.mark.parametrize("tools", ["not json", {"f": 1}, '{"f": 1}'])
def test_tools_that_are_no_array_are_kept_in_extra(tools: object) -> None:
    trajectory = read([USER], tools=tools)
    assert trajectory.toolset is None
    assert json.loads(trajectory.extra or "") == {"tools": tools}


def test_a_call_without_arguments_has_an_empty_argument_string() -> None:
    assert read_message(tool_calls=[{"function": {"name": "f"}}]).tool_calls[0].arguments == ""
