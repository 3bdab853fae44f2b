import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from schemas.rollouts import Decoded, Rejection, decode_record
from schemas.trajectory import Origin, Relation, Role, Status, Trajectory
from tests.schemas.rollouts.real_files import (
    Sample,
    archive_members,
    bundle_sample,
    file_samples,
    json_sample,
)
from tests.schemas.rollouts.samples.openhands_sdk import (
    EVENTS,
    FAILED,
    ROW,
    action,
    answered,
    event,
    folder,
    text,
)


def decode(sample: Sample) -> tuple[Trajectory, ...]:
    decoded = decode_record(sample.record, sample.source)
    assert not isinstance(decoded, Rejection), decoded
    assert decoded.format_name == "openhands_sdk"
    return decoded.trajectories


def read(*events: dict[str, Any], name: str = "events.json") -> tuple[Trajectory, ...]:
    (sample,) = file_samples(name, json.dumps(events).encode())
    return decode(sample)


def test_census_of_the_real_files(real_data: Path) -> None:
    rejected: Counter[str] = Counter()
    trajectories: list[Trajectory] = []
    for name, content in archive_members(real_data / "openhands/openagentsafety_gpt4o_half.tar.zst").items():
        if not Path(name).name.startswith(("traj_", "output.jsonl")):
            continue
        for sample in file_samples(name, content):
            decoded = decode_record(sample.record, sample.source)
            if isinstance(decoded, Decoded):
                trajectories += decoded.trajectories
            else:
                rejected[decoded.reason] += 1
    messages = [message for item in trajectories for message in item.messages]
    calls = [call for message in messages for call in message.tool_calls]

    assert rejected == {"unexpected_shape": 79, "empty_conversation": 1}
    assert len(trajectories) == 22
    assert Counter((message.role.value, message.origin.value) for message in messages) == {
        ("assistant", "sampled"): 258, ("tool", "injected"): 261, ("user", "scripted"): 2,
    }  # fmt: skip
    assert (len(calls), sum(call.result_seq is not None for call in calls)) == (263, 261)
    assert sum(message.call_seq is not None for message in messages) == 261
    assert Counter(item.status for item in trajectories) == {Status.COMPLETED: 15, Status.UNKNOWN: 7}
    assert {(item.task.benchmark, item.agent, item.model) for item in trajectories} == {
        ("openagentsafety", "openhands", "litellm_proxy/neulab/gpt-4o-2024-08-06")
    }
    # Two rollouts lie there twice: as a file, and as a row with its instance and verdict.
    keys = Counter(item.task.task_key for item in trajectories)
    assert sorted(key for key, count in keys.items() if count > 1) == [
        "safety-business-intelligence", "safety-misconfig",
    ]  # fmt: skip
    assert sum(item.task.secrets is not None for item in trajectories) == 2


def test_a_dump_of_python_reprs_is_rejected_and_never_evaluated() -> None:
    sample = json_sample(
        "traj_x.json", "ConversationStateUpdate(key=full_state, value={'id': '1'})\nActionEvent (agent)"
    )
    rejection = decode_record(sample.record, sample.source)
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, rejection.format_name) == ("unexpected_shape", "openhands_sdk")
    assert "Python reprs" in rejection.detail
    assert "full_state" not in rejection.detail


def test_actions_of_one_response_are_one_turn() -> None:
    attempt, _ = read(*EVENTS)
    turn = attempt.messages[2]
    assert (turn.text, turn.reasoning, turn.origin) == ("Look.", "hm", Origin.SAMPLED)
    assert [(call.call_id, call.result_seq) for call in turn.tool_calls] == [("a", 3), ("b", 4)]
    first = json.loads(turn.tool_calls[0].extra or "")["event"]
    assert first["action"] == {"kind": "BashAction", "reset": False}, "what the arguments say is not repeated"
    assert json.loads(turn.extra or "") == {
        "thinking_blocks": [{"thinking": "hm"}], "llm_response_id": "r1",
    }  # fmt: skip


def test_a_repeated_call_id_answers_by_its_action() -> None:
    (trajectory,) = read(action(0, "r0", "a"), action(1, "r1", "a"), answered(2, 0, "a"), answered(3, 1, "a"))
    assert [call.result_seq for message in trajectory.messages for call in message.tool_calls] == [2, 3]


@pytest.mark.parametrize("arguments", ['{"command": "\\ud83d"}', '{"command": 1e999}', '{"command": ', "[]"])
def test_arguments_that_no_json_reader_takes_are_kept_as_they_are(arguments: str) -> None:
    odd = action(0, "r", "a")
    odd["tool_call"] = {"id": "a", "name": "bash", "arguments": arguments}
    (trajectory,) = read(odd)
    (called,) = trajectory.messages[0].tool_calls
    assert called.arguments == arguments
    assert json.loads(called.extra or "")["event"]["action"]["command"] == "ls"


def test_system_prompt_tools_and_added_context_are_told() -> None:
    attempt, _ = read(*EVENTS)
    system, user, _, result, error = attempt.messages
    assert (system.text, user.text, result.text, error.text) == (
        "Rules\nToday",
        "Go\nSkill",
        "x\nRule",
        "No such tool",
    )
    assert attempt.toolset is not None
    assert attempt.toolset.tools == '[{"title": "bash"}]'
    assert (error.role, error.origin, error.name) == (Role.TOOL, Origin.INJECTED, "bash")


def test_a_condensation_begins_a_continuation() -> None:
    attempt, continuation = read(*EVENTS)
    assert (continuation.relation, continuation.shared_count) == (Relation.CONTINUATION, 2)
    assert continuation.parent_id == attempt.trajectory_id
    assert [
        (message.role.value, message.origin.value, message.text) for message in continuation.messages
    ] == [
        ("user", "injected", "S"),
        ("assistant", "sampled", None),
        ("tool", "injected", "No"),
        ("assistant", "sampled", "Done."),
    ]
    assert {item.status for item in (attempt, continuation)} == {Status.COMPLETED}
    kept = json.loads(attempt.extra or "")["events"]
    assert [bookkeeping["kind"] for bookkeeping in kept] == [
        "CondensationRequest",
        "ConversationStateUpdateEvent",
    ]


def test_a_second_condensation_parts_from_the_view_that_it_shares_most_with() -> None:
    second = event("Condensation", 12, forgotten_event_ids=["e7", "e8", "e11"], summary="T", summary_offset=3)
    last = event("MessageEvent", 13, source="user", llm_message={"role": "user", "content": "More"})
    attempt, first, third = read(*EVENTS, second, last)
    assert third.parent_id == first.trajectory_id != attempt.trajectory_id
    assert [message.text for message in third.messages] == ["T", "More"]
    assert [item.record_part for item in (attempt, first, third)] == [0, 1, 2]


def test_a_row_tells_points_and_keeps_the_benchmarks_row_private() -> None:
    attempt, _ = decode(json_sample("output.jsonl", ROW))
    assert (attempt.outcome_reward, attempt.trial, attempt.model) == (0.5, 2, "m")
    assert {score.name: score.value for score in attempt.scores} == {
        "final_score_result": 1.0, "final_score_total": 2.0, "checkpoint_1_result": 1.0, "checkpoint_1_total": 2.0,
    }  # fmt: skip
    assert attempt.task.secrets is not None
    assert "secret" in (attempt.task.secrets.extra or "")
    assert "secret" not in (attempt.extra or "")


def test_a_crash_of_the_environment_has_no_outcome() -> None:
    crashed = ROW | {"error": "Remote conversation: connection refused"}
    attempt, _ = decode(json_sample("output.jsonl", crashed))
    assert (attempt.status, attempt.outcome_reward) == (Status.INFRA_ERROR, None)
    assert attempt.termination_reason == crashed["error"]


def test_nothing_to_reach_is_an_unknown_outcome() -> None:
    nothing = {"final_score": {"total": 0, "result": 0}, "checkpoints": []}
    attempt, _ = decode(json_sample("output.jsonl", ROW | {"test_result": nothing}))
    assert attempt.outcome_reward is None


def test_a_conversation_folder_is_one_record_and_a_broken_event_keeps_its_text() -> None:
    files = folder("conversations/c")
    files["conversations/c/events/event-00009-e9.json"] = b'{"kind": "Mess'
    (trajectory,) = decode(bundle_sample("openhands_sdk", files))
    assert [message.text for message in trajectory.messages] == [
        "Rules\nToday",
        "Go\nSkill",
        "Look.",
        "x\nRule",
        "No such tool",
    ]
    assert (trajectory.model, trajectory.status) == ("m", Status.TRUNCATED)
    assert trajectory.termination_reason == "MaxIterationsReached: 100 of 100"
    extra = json.loads(trajectory.extra or "")
    assert extra["events/event-00009-e9.json"] == '{"kind": "Mess'
    assert extra["events"] == [FAILED]


@pytest.mark.parametrize(
    ("observation", "expected"),
    [
        ({"output": "", "error": "Failed"}, "Failed"),
        ({"output": "done", "error": ""}, "done"),
        ({"output": "done", "error": False}, "done"),
        ({"content": [text("one"), text("two")]}, "one\ntwo"),
        ({"content": [{"type": "image", "image_urls": []}]}, None),
        ({"message": "bye"}, "bye"),
        ({"output": ""}, ""),
        ({}, None),
    ],
)
def test_a_result_says_the_first_thing_that_there_is(
    observation: dict[str, Any], expected: str | None
) -> None:
    result = event(
        "ObservationEvent", 1, tool_name="bash", tool_call_id="a", action_id="e0", observation=observation
    )
    (trajectory,) = read(action(0, "r", "a"), result)
    assert trajectory.messages[1].text == expected


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([EVENTS[10]], "empty_conversation"),
        ([{"kind": "ActionEvent", "timestamp": "t"}], "missing_field"),
        ([EVENTS[1] | {"llm_message": 3}], "unexpected_shape"),
    ],
)
def test_a_log_that_breaks_its_promise_is_rejected(events: list[dict[str, Any]], reason: str) -> None:
    (sample,) = file_samples("events.json", json.dumps(events).encode())
    rejection = decode_record(sample.record, sample.source)
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, rejection.format_name) == (reason, "openhands_sdk")
