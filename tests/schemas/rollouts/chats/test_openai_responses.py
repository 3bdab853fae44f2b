import json
from typing import Any

import pytest

from schemas.rollouts import Rejection, decode_record
from schemas.rollouts.chats.openai_responses import OPENAI_RESPONSES
from schemas.trajectory import Message, Origin, Role, Status, Trajectory
from tests.schemas.rollouts.real_files import json_sample
from tests.schemas.rollouts.samples.openai_responses import REQUEST, RESPONSE

SAID = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "ok"}]}
CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": '{"a" : 1}'}
THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}]}


def decode(record: dict[str, Any]) -> Trajectory | Rejection:
    sample = json_sample("log.jsonl", record)
    decoded = decode_record(sample.record, sample.source)
    return decoded if isinstance(decoded, Rejection) else decoded.trajectories[0]


def read(record: dict[str, Any]) -> Trajectory:
    decoded = decode(record)
    assert isinstance(decoded, Trajectory), decoded
    return decoded


def answer(*items: dict[str, Any]) -> list[Message]:
    return list(read({"input": "Hi", "output": items}).messages[1:])


def test_items_that_follow_each_other_are_one_message() -> None:
    (message,) = answer(THOUGHT, SAID, CALL)
    assert (message.role, message.origin) == (Role.ASSISTANT, Origin.SAMPLED)
    assert (message.reasoning, message.text, message.content_json) == ("hm", "ok", None)
    (call,) = message.tool_calls
    assert (call.name, call.arguments, call.call_id, call.extra) == (
        "f",
        '{"a" : 1}',
        "call_1",
        '{"id":"fc_1"}',
    )
    assert json.loads(message.extra or "") == {
        "items": [{"type": "reasoning", "id": "rs_1"}, {"type": "message"}, {"type": "function_call"}]
    }


def test_a_result_ends_a_message_and_is_linked_by_its_call_id() -> None:
    output = {"type": "function_call_output", "call_id": "call_1", "output": "sun"}
    first, result, second = answer(CALL, output, SAID)
    assert (first.tool_calls[0].result_seq, result.call_seq) == (result.seq, first.seq)
    assert (result.role, result.origin, result.text) == (Role.TOOL, Origin.INJECTED, "sun")
    assert second.text == "ok"


def test_a_result_inside_a_call_is_a_message_of_its_own() -> None:
    mcp = {
        "type": "mcp_call",
        "id": "mcp_1",
        "name": "t",
        "arguments": "{}",
        "output": "r",
        "server_label": "s",
    }
    called, result, behind = answer(mcp, SAID)
    assert (called.tool_calls[0].call_id, called.tool_calls[0].result_seq) == ("mcp_1", result.seq)
    assert (result.text, behind.text) == ("r", "ok")


def test_tools_of_every_kind_are_calls() -> None:
    trajectory = read({"request": REQUEST, "response": RESPONSE})
    calls = [call for message in trajectory.messages for call in message.tool_calls]
    assert [call.name for call in calls] == [
        "f", "sh", "local_shell", "web_search", "file_search", "t", "computer", "image_generation", "code_interpreter",
    ]  # fmt: skip
    linked = [call.name for call in calls if call.result_seq is not None]
    assert linked == ["f", "sh", "local_shell", "file_search", "t", "computer", "image_generation"]


def test_the_prompt_was_not_sampled_here() -> None:
    trajectory = read({"request": REQUEST, "response": RESPONSE})
    prompt = trajectory.messages[:7]
    assert [(message.role, message.origin) for message in prompt] == [
        (Role.SYSTEM, Origin.SCRIPTED),
        (Role.SYSTEM, Origin.SCRIPTED),
        (Role.ASSISTANT, Origin.SCRIPTED),
        (Role.USER, Origin.SCRIPTED),
        (Role.ASSISTANT, Origin.COPIED),
        (Role.TOOL, Origin.INJECTED),
        (Role.USER, Origin.SCRIPTED),
    ]
    assert trajectory.messages[7].origin is Origin.SAMPLED


def test_what_the_response_repeats_is_kept_once() -> None:
    trajectory = read({"request": REQUEST, "response": RESPONSE})
    extra = json.loads(trajectory.extra or "")
    assert extra["request"] == {"model": "gpt", "previous_response_id": "resp_0", "temperature": 1.0}
    assert not {"tools", "temperature", "output"} & extra["response"].keys()
    assert (trajectory.model, trajectory.prompt_tokens, trajectory.completion_tokens) == ("gpt-x", 3, 5)
    assert (trajectory.status, trajectory.termination_reason) == (Status.TRUNCATED, "max_output_tokens")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"status": "completed"}, Status.COMPLETED),
        ({"status": "completed", "error": {"code": "server_error"}}, Status.INFRA_ERROR),
        ({"status": "failed"}, Status.INFRA_ERROR),
        ({"status": "in_progress"}, Status.UNKNOWN),
        ({}, Status.UNKNOWN),
    ],
)
def test_the_state_of_the_response_is_the_rollouts(fields: dict[str, Any], status: Status) -> None:
    assert read({"input": "Hi", "output": [SAID]} | fields).status is status


def test_a_response_that_waits_for_a_result_does_not_end_its_rollout() -> None:
    assert read({"input": "Hi", "output": [SAID, CALL], "status": "completed"}).status is Status.UNKNOWN


def test_a_prompt_of_no_tokens_was_not_counted() -> None:
    usage = {"input_tokens": 0, "output_tokens": 0}
    trajectory = read({"input": "Hi", "output": [SAID], "usage": usage})
    assert (trajectory.prompt_tokens, trajectory.completion_tokens) == (None, None)
    assert json.loads(trajectory.extra or "")["usage"] == usage


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ([], "empty_conversation"),
        ([{"type": "message", "role": "wizard", "content": "x"}], "unexpected_shape"),
        ([{"type": "message", "content": "x"}], "missing_field"),
        (["x"], "unexpected_shape"),
    ],
)
def test_a_response_that_breaks_its_promise_is_refused(output: list[Any], reason: str) -> None:
    rejection = decode({"input": "Hi", "output": output})
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, rejection.format_name) == (reason, "openai_responses")


def test_a_record_that_is_no_object_is_not_recognised() -> None:
    assert not OPENAI_RESPONSES.recognises([])
