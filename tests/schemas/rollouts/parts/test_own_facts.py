"""Facts under the key `winnow` come back into their columns; whatever else lies there is refused."""

import json
from typing import Any

import pytest

from schemas.identity import content_digest
from schemas.rollouts import RawRecord, Rejection, Source, decode_record
from schemas.trajectory import Origin, Role, Toolset, Trajectory

CALL = {"id": "c", "function": {"name": "f", "arguments": "{}"}}
ASSISTANT = {"role": "assistant", "content": None, "tool_calls": [CALL]}
RESULT = {"role": "tool", "content": "ok", "tool_call_id": "c"}


def decode(*messages: dict[str, Any], **fields: Any) -> Trajectory | Rejection:
    raw = json.dumps({"messages": messages, **fields}).encode()
    record = RawRecord(raw=raw, locator="file", index=0, record_id=content_digest(raw))
    decoded = decode_record(record, Source(uri="chat.jsonl", name="chat"))
    return decoded if isinstance(decoded, Rejection) else decoded.trajectories[0]


def read(*messages: dict[str, Any], **fields: Any) -> Trajectory:
    decoded = decode(*messages, **fields)
    assert isinstance(decoded, Trajectory)
    return decoded


def test_columns_of_messages_come_back() -> None:
    told = {"origin": "injected", "text": None, "reward": 1, "content_json": [1.50], "extra": '{"a":\n1}'}
    (message,) = read({"role": "user", "content": "x", "winnow": told}).messages
    assert (message.origin, message.text, message.reward) == (Origin.INJECTED, None, 1.0)
    assert (message.content_json, message.extra) == ("[1.5]", '{"a":\n1}')


def test_columns_of_the_trajectory_and_its_task_come_back() -> None:
    told = {"tools": '[\n{"name":"f"}]', "instruction": "Do it.", "agent": None, "extra": {"status": "odd"}}
    trajectory = read({"role": "user", "content": "x"}, agent="a", meta=1, winnow=told)
    assert trajectory.toolset == Toolset(tools='[\n{"name":"f"}]')
    assert (trajectory.task.instruction, trajectory.agent) == ("Do it.", None)
    assert trajectory.extra == '{"status": "odd"}'


def test_a_role_that_is_told_counts_when_results_are_linked() -> None:
    result = {"role": "user", "content": "ok", "winnow": {"role": "tool", "tool_call_id": "c"}}
    caller, answer = read(ASSISTANT, result).messages
    assert (answer.role, answer.call_seq, caller.tool_calls[0].result_seq) == (Role.TOOL, 0, 1)


def test_links_that_are_told_replace_those_that_were_found() -> None:
    told = ASSISTANT | {"winnow": {"tool_calls": [{"result_seq": None}]}}
    caller, result = read(told, RESULT | {"winnow": {"call_seq": None}}).messages
    assert (caller.tool_calls[0].result_seq, result.call_seq) == (None, None)


@pytest.mark.parametrize(
    ("told", "detail"),
    [
        ("yes", "Expected `object`"),
        ({"unheard_of": 1}, "unknown field `unheard_of`"),
        ({"origin": "thin air"}, "Invalid enum value"),
        ({"call_seq": 5}, "'winnow' of message 0 links it to a message that is not there."),
        ({"tool_calls": [{"result_seq": 9}]}, "links it to a message that is not there"),
        ({"tool_calls": []}, "tells of 0 calls, not 1"),
        ({"extra": [1]}, "'winnow' tells of 'extra' what it cannot be: Expected `object`"),
        ({"prompt_tokens": 2**64}, "Expected `int` <= 9223372036854775807"),
    ],
)
def test_anything_else_under_the_key_is_refused(told: object, detail: str) -> None:
    rejection = decode(ASSISTANT | {"winnow": told})
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, rejection.format_name) == ("unexpected_shape", "openai_chat")
    assert detail in rejection.detail


@pytest.mark.parametrize(
    ("told", "detail"),
    [
        ({"tools": '{"name": "f"}'}, "tells of 'tools' what it cannot be: Expected `array`"),
        ({"scores": [{"name": "s", "value": 1, "source": "env", "step": 2**64}]}, "tells a score of no step"),
    ],
)
def test_a_column_that_no_table_holds_is_refused(told: object, detail: str) -> None:
    rejection = decode({"role": "user", "content": "x"}, winnow=told)
    assert isinstance(rejection, Rejection)
    assert detail in rejection.detail
