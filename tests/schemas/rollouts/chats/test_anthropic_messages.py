import json
from typing import Any

import pytest

from schemas.rollouts import Rejection, decode_record, detect_format
from schemas.rollouts.chats.anthropic_messages import ANTHROPIC_MESSAGES
from schemas.trajectory import Origin, Role, Status, Trajectory
from tests.schemas.rollouts.real_files import json_sample
from tests.schemas.rollouts.samples.anthropic_messages import CALLED, CONVERSATION

USER = {"role": "user", "content": "Hi"}
BLOCK = {"type": "tool_use", "id": "t", "name": "f", "input": {}}


def read(record: dict[str, Any]) -> Trajectory:
    sample = json_sample("log.jsonl", record)
    decoded = decode_record(sample.record, sample.source)
    assert not isinstance(decoded, Rejection), decoded
    assert decoded.format_name == "anthropic_messages"
    (trajectory,) = decoded.trajectories
    return trajectory


@pytest.mark.parametrize(
    ("record", "name"),
    [
        ({"system": "s", "messages": [USER]}, "anthropic_messages"),
        ({"messages": [USER], "tools": [{"name": "f", "input_schema": {}}]}, "anthropic_messages"),
        ({"messages": [USER, {"role": "assistant", "content": [BLOCK]}]}, "anthropic_messages"),
        (
            {"request": {"messages": [USER]}, "response": {"type": "message", "content": []}},
            "anthropic_messages",
        ),
        ({"messages": [USER]}, "openai_chat"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]}, "openai_chat"),
        ({"system": "s", "messages": [USER, {"role": "tool", "content": "x"}]}, "openai_chat"),
        (
            {"system": "s", "messages": [{"role": "assistant", "content": None, "tool_calls": []}]},
            "openai_chat",
        ),
    ],
)
def test_its_records_are_told_apart_from_openais(record: dict[str, Any], name: str) -> None:
    assert detect_format(record).name == name


def test_a_conversation_alone_is_a_rollout_that_was_sampled() -> None:
    trajectory = read(CONVERSATION)
    assert [message.role for message in trajectory.messages] == [
        Role.SYSTEM, Role.USER, Role.ASSISTANT, Role.TOOL, Role.TOOL, Role.USER,
        Role.ASSISTANT, Role.TOOL, Role.ASSISTANT, Role.TOOL, Role.ASSISTANT, Role.TOOL,
    ]  # fmt: skip
    assert {m.origin for m in trajectory.messages if m.role is Role.ASSISTANT} == {Origin.SAMPLED}
    assert [call.result_seq for call in trajectory.messages[2].tool_calls] == [4, 3]
    assert (trajectory.task.policy, trajectory.task.task_key, trajectory.outcome_reward) == (
        "Rules",
        "t",
        0.5,
    )
    assert trajectory.toolset is not None


def test_of_one_call_only_the_response_was_sampled() -> None:
    trajectory = read(CALLED)
    assert [(m.role, m.origin) for m in trajectory.messages if m.role is Role.ASSISTANT] == [
        (Role.ASSISTANT, Origin.COPIED),
        (Role.ASSISTANT, Origin.SAMPLED),
    ]
    assert (trajectory.model, trajectory.termination_reason) == ("claude-x", "end_turn")


def test_cached_tokens_are_tokens_that_the_model_read() -> None:
    trajectory = read(CALLED)
    assert (trajectory.prompt_tokens, trajectory.completion_tokens) == (3 + 7 + 11, 5)
    usage = json.loads(trajectory.extra or "")["response"]["usage"]
    assert (usage["cache_creation_input_tokens"], usage["cache_read_input_tokens"]) == (7, 11)


@pytest.mark.parametrize(
    ("stop_reason", "status"),
    [
        ("end_turn", Status.COMPLETED),
        ("max_tokens", Status.TRUNCATED),
        ("tool_use", Status.UNKNOWN),
        (None, Status.UNKNOWN),
    ],
)
def test_why_the_model_stopped_tells_whether_the_rollout_ended(
    stop_reason: str | None, status: Status
) -> None:
    response = {"type": "message", "content": "x", "stop_reason": stop_reason}
    assert read({"request": {"messages": [USER]}, "response": response}).status is status


def test_a_response_that_is_no_message_stays_where_it_is() -> None:
    trajectory = read({"system": "s", "messages": [USER], "response": "text"})
    assert json.loads(trajectory.extra or "") == {"response": "text"}


def test_no_messages_are_refused() -> None:
    sample = json_sample("log.jsonl", {"system": None, "messages": []})
    rejection = decode_record(sample.record, sample.source)
    assert isinstance(rejection, Rejection)
    assert rejection.reason == "empty_conversation"


def test_a_record_that_is_no_object_is_not_recognised() -> None:
    assert not ANTHROPIC_MESSAGES.recognises([])
