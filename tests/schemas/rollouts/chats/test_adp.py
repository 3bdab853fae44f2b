import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from schemas.rollouts import Rejection, decode_record
from schemas.rollouts.chats.adp import ADP
from schemas.trajectory import Message, Origin, Role, Status, Trajectory
from tests.schemas.rollouts.readings import archive_samples, read, refusal, trajectories_of
from tests.schemas.rollouts.real_files import archive_members, file_samples, json_sample

ARCHIVE = "adp/adp_samples.tar.zst"
CALL = {"class_": "api_action", "function": "go", "kwargs": {"to": '"shelf 1"'}, "description": "I go."}


def observed(content: str, source: str = "user", **fields: Any) -> dict[str, Any]:
    return {"class_": "text_observation", "content": content, "name": None, "source": source} | fields


def rollout(*items: dict[str, Any], **details: Any) -> dict[str, Any]:
    return {"id": "alfworld_1", "content": items, "details": details}


@pytest.fixture(scope="module")
def standardised(real_data: Path) -> list[Trajectory]:
    return trajectories_of(
        archive_samples(real_data / ARCHIVE, wanted=lambda name: name.endswith("/sample_std.json"))
    )


def test_census_of_the_real_samples(standardised: list[Trajectory]) -> None:
    messages = [message for trajectory in standardised for message in trajectory.messages]
    calls = [call for message in messages for call in message.tool_calls]

    assert len(standardised) == 52
    assert Counter((message.role.value, message.origin.value) for message in messages) == {
        ("system", "scripted"): 1,
        ("user", "scripted"): 113,
        ("user", "injected"): 5,
        ("assistant", "sampled"): 554,
        ("assistant", "scripted"): 27,
        ("tool", "injected"): 467,
    }
    assert len(calls) == 484
    assert sum(call.result_seq is not None for call in calls) == 467
    assert all(message.call_seq is not None for message in messages if message.role is Role.TOOL)
    assert Counter((t.task.benchmark, t.outcome_reward, t.status.value) for t in standardised) == {
        ("rollouts", None, "unknown"): 36,
        ("swe_bench", None, "completed"): 5,
        ("swe_bench", 1.0, "unknown"): 5,
        ("swe_smith", None, "unknown"): 6,
    }
    assert sum(trajectory.toolset is not None for trajectory in standardised) == 5


def test_every_file_of_the_archive_is_read_or_refused_for_a_known_reason(real_data: Path) -> None:
    outcomes: Counter[tuple[str, str]] = Counter()
    for sample in archive_samples(real_data / ARCHIVE, wanted=lambda _: True):
        decoded = decode_record(sample.record, sample.source)
        held = decoded.reason.value if isinstance(decoded, Rejection) else decoded.format_name
        outcomes[sample.source.file_name.removesuffix(".json"), held] += 1

    assert outcomes == {
        ("sample_std", "adp"): 52,
        ("sample_sft", "sharegpt"): 52,
        ("sample_sft_openhands", "sharegpt"): 51,
        ("sample_sft_sweagent", "sharegpt"): 41,
        ("sample_sft_agentlab", "sharegpt"): 15,
        ("sample_raw", "sharegpt"): 30,
        ("sample_raw", "openai_chat"): 80,
        ("sample_raw", "unknown_format"): 5,
        ("sample_sft_sweagent", "empty_file"): 1,
        ("README.md", "invalid_json"): 4,
    }


def test_an_empty_array_holds_no_records(real_data: Path) -> None:
    name = "datasets/agenttuning_os/sample_sft/sample_sft_agentlab.json"
    assert list(file_samples(name, archive_members(real_data / ARCHIVE)[name])) == []


def test_arguments_keep_their_exact_text() -> None:
    trajectory = read(rollout(observed("Go."), CALL, observed("Arrived.")))
    (call,) = trajectory.messages[1].tool_calls
    assert (call.name, call.arguments, call.result_seq) == ("go", '{"to": "\\"shelf 1\\""}', 2)
    assert trajectory.messages[1].text == "I go."
    assert (trajectory.messages[2].role, trajectory.messages[2].extra) == (Role.TOOL, '{"source":"user"}')


def test_code_is_a_call_of_its_language() -> None:
    action = {"class_": "code_action", "language": "bash", "content": "ls -F", "description": None}
    (call,) = read(rollout(action)).messages[0].tool_calls
    assert (call.name, call.arguments, call.extra) == ("bash", "ls -F", '{"class_":"code_action"}')


def test_a_message_has_its_thought_as_reasoning() -> None:
    action = {"class_": "message_action", "content": "15/2", "description": "The answer is"}
    message = read(rollout(observed("?"), action)).messages[1]
    assert (message.text, message.reasoning) == ("15/2", "The answer is")


@pytest.mark.parametrize(
    ("items", "role", "origin"),
    [
        ([observed("x")], Role.USER, Origin.SCRIPTED),
        ([observed("x", "environment")], Role.USER, Origin.INJECTED),
        ([observed("x", "environment", name="system")], Role.SYSTEM, Origin.SCRIPTED),
        ([observed("x", "agent")], Role.ASSISTANT, Origin.SCRIPTED),
        ([CALL, observed("x")], Role.TOOL, Origin.INJECTED),
        ([CALL, observed("r"), observed("x")], Role.USER, Origin.SCRIPTED),
        ([CALL, observed("r"), observed("x", "environment")], Role.TOOL, Origin.INJECTED),
        ([CALL, observed("x", "agent")], Role.ASSISTANT, Origin.SCRIPTED),
    ],
)
def test_place_and_source_tell_who_observes(items: list[dict[str, Any]], role: Role, origin: Origin) -> None:
    message = read(rollout(*items)).messages[-1]
    assert (message.role, message.origin) == (role, origin)


def test_the_closing_pair_of_the_converters_is_nobodys_words() -> None:
    praise = observed("Task completed successfully.")
    finish = {"class_": "message_action", "content": "<finish> I did it! </finish>", "description": ""}

    def ending(*items: dict[str, Any]) -> list[Message]:
        return list(read(rollout(*items)).messages[-2:])

    assert [m.origin for m in ending(CALL, praise, finish)] == [Origin.SCRIPTED, Origin.SCRIPTED]
    assert [m.role for m in ending(CALL, praise, finish)] == [Role.USER, Role.ASSISTANT]
    assert [m.origin for m in ending(praise, finish, observed("?"), finish)] == [
        Origin.SCRIPTED,
        Origin.SAMPLED,
    ]


def test_pages_and_pictures_are_read_by_what_can_be_read() -> None:
    page = {"class_": "web_observation", "html": "<p>", "axtree": "tree", "url": "u"}
    picture = {"class_": "image_observation", "content": "a.png", "source": "environment"}
    tree, markup, image = read(rollout(page, page | {"axtree": None}, picture)).messages

    assert (tree.text, json.loads(tree.extra or "")) == ("tree", {"html": "<p>", "url": "u"})
    assert markup.text == "<p>"
    assert (image.text, image.content_json) == (None, '[{"class_":"image_observation","content":"a.png"}]')


@pytest.mark.parametrize(
    ("details", "reward"),
    [
        ({"resolved": "True"}, 1.0),
        ({"reward": "0.25"}, 0.25),
        ({"score": 2}, 2.0),
        ({"reward": "high"}, None),
        ({"reward": "1", "score": "0"}, None),
        ({}, None),
        ({"reward": "1", "exit_status": "exit_error"}, None),
    ],
)
def test_the_reward_is_read_when_it_is_clear(details: dict[str, Any], reward: float | None) -> None:
    trajectory = read(rollout(CALL, **details))
    assert trajectory.outcome_reward == reward
    if reward is None:
        kept = json.loads(trajectory.extra or "{}").get("details", {})
        assert kept == {name: value for name, value in details.items() if name != "exit_status"}


def test_details_tell_policy_status_and_tools_and_hide_what_the_judges_say() -> None:
    details = {
        "run_id": "gpt-4o_maxiter_50_N",
        "exit_status": "submitted (exit_cost)",
        "tools": '[{"name": "f"}]',
        "eval_logs": "2 failed",
    }
    trajectory = read(rollout(CALL, **details))

    assert (trajectory.model, trajectory.status) == ("gpt-4o", Status.TRUNCATED)
    assert trajectory.toolset is not None
    assert trajectory.task.secrets is not None
    assert trajectory.task.secrets.extra == '{"eval_logs":"2 failed"}'
    assert json.loads(trajectory.extra or "") == {"details": {"run_id": "gpt-4o_maxiter_50_N"}}


def test_an_instance_that_was_run_often_is_one_task() -> None:
    first, second = (read(rollout(CALL) | {"id": f"python__mypy-15976_{run}"}) for run in range(2))
    assert first.task.task_id == second.task.task_id
    assert (first.task.benchmark, first.trial, second.trial) == ("swe_bench", 0, 1)
    assert json.loads(first.extra or "") == {"id": "python__mypy-15976_0"}


def test_a_trajectory_without_items_is_refused() -> None:
    sample = json_sample("sample_std.json", rollout())
    rejection = decode_record(sample.record, sample.source, ADP)
    assert isinstance(rejection, Rejection)
    assert rejection.reason == "empty_conversation"


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (rollout({"class_": "dance"}), "unexpected_shape"),
        (rollout({"class_": "api_action"}), "missing_field"),
        (rollout(observed("x", "moon")), "unexpected_shape"),
        ({"content": [CALL]}, "missing_field"),
    ],
)
def test_what_breaks_the_protocol_is_refused(record: dict[str, Any], reason: str) -> None:
    rejection = refusal(record)
    assert (rejection.reason, rejection.format_name) == (reason, "adp")
