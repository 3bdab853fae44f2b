import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from schemas.rollouts import Rejection, decode_record
from schemas.trajectory import Message, Origin, Relation, Role, Status, Trajectory
from tests.schemas.rollouts.real_files import Sample, archive_members, file_samples, json_sample, read_zst
from tests.schemas.rollouts.samples.openhands import EVENTS, PAIRS, RESPONSE, ROW


def decode(sample: Sample) -> tuple[Trajectory, ...]:
    decoded = decode_record(sample.record, sample.source)
    assert not isinstance(decoded, Rejection), decoded
    assert decoded.format_name == "openhands"
    return decoded.trajectories


def read(**fields: Any) -> tuple[Trajectory, ...]:
    return decode(json_sample("output.jsonl", ROW | fields))


def stream(*events: dict[str, Any]) -> Trajectory:
    (sample,) = file_samples("trajs/some.json", json.dumps(events).encode())
    (trajectory,) = decode(sample)
    return trajectory


def shape(messages: tuple[Message, ...]) -> list[tuple[str, str]]:
    return [(message.role.value, message.origin.value) for message in messages]


def test_census_of_the_real_rows(real_data: Path) -> None:
    rows = read_zst(real_data / "openhands/multi_swe_bench_example_output.jsonl.zst")
    trajectories = [item for sample in file_samples("output.jsonl", rows) for item in decode(sample)]
    calls = [call for item in trajectories for message in item.messages for call in message.tool_calls]
    messages = [message for item in trajectories for message in item.messages]

    assert [(item.task.task_key, len(item.messages)) for item in trajectories] == [
        ("ponylang__ponyc-4595", 48), ("ponylang__ponyc-4593", 68), ("ponylang__ponyc-4588", 101),
    ]  # fmt: skip
    assert Counter(shape(tuple(messages))) == {
        ("system", "scripted"): 3, ("user", "scripted"): 3, ("user", "injected"): 3,
        ("assistant", "sampled"): 105, ("tool", "injected"): 103,
    }  # fmt: skip
    assert (len(calls), sum(call.result_seq is not None for call in calls)) == (105, 103)
    assert [item.status.value for item in trajectories] == ["completed", "completed", "truncated"]
    assert [item.outcome_reward for item in trajectories] == [None] * 3
    for item in trajectories:
        sampled = [message for message in item.messages if message.origin is Origin.SAMPLED]
        assert sum(message.prompt_tokens or 0 for message in sampled) == item.prompt_tokens
        assert sum(message.completion_tokens or 0 for message in sampled) == item.completion_tokens
    assert {(item.agent, item.model) for item in trajectories} == {
        ("CodeActAgent", "openai/openrouter-llama-4-maverick")
    }
    assert len({item.toolset for item in trajectories}) == 1
    assert all("FAIL_TO_PASS" not in (item.extra or "") for item in trajectories)


def test_real_event_streams_are_read_whole(real_data: Path) -> None:
    found = {}
    for name, content in archive_members(real_data / "openhands/runtime_trajs.tar.zst").items():
        (sample,) = file_samples(name, content)
        (trajectory,) = decode(sample)
        calls = [call for message in trajectory.messages for call in message.tool_calls]
        linked = sum(call.result_seq is not None for call in calls)
        found[Path(name).stem] = (len(trajectory.messages), len(calls), linked, trajectory.status.value)
    assert found == {
        "basic": (4, 2, 1, "completed"),
        "basic_gui_mode": (10, 4, 4, "unknown"),
        "basic_interactions": (6, 1, 0, "completed"),
        "wrong_initial_state": (8, 4, 3, "completed"),
    }


def test_actions_of_one_response_are_one_message_and_results_join_their_causes() -> None:
    attempt, _ = read()
    turn = attempt.messages[3]
    assert (turn.text, turn.reasoning, turn.prompt_tokens, turn.completion_tokens) == ("Both.", "hm", 10, 5)
    assert [(call.call_id, call.result_seq) for call in turn.tool_calls] == [("a", 4), ("b", 5)]
    assert [message.call_seq for message in attempt.messages[4:]] == [3, 3]
    assert turn.tool_calls[0].arguments == '{"command": "ls"}'
    assert json.loads(turn.tool_calls[0].extra or "")["args"] == {"hidden": False}


def test_a_response_is_stored_once_and_its_repeat_only_where_it_differs() -> None:
    attempt, _ = read()
    assert str(attempt.messages).count("chat.completion") == 1
    other = json.loads(json.dumps(EVENTS))
    other[5]["tool_call_metadata"]["model_response"]["created"] = 2
    changed, _ = read(history=other)
    kept = json.loads(changed.messages[4].extra or "")["tool_call_metadata"]["model_response"]
    assert kept == RESPONSE | {"created": 2}


def test_what_a_recall_found_is_told_and_bookkeeping_is_not() -> None:
    attempt, _ = read()
    recalled = attempt.messages[2]
    assert (recalled.role, recalled.origin, recalled.text) == (Role.USER, Origin.INJECTED, "Know.")
    assert json.loads(recalled.content_json or "")["date"] == "d"
    kept = json.loads(attempt.extra or "")["events"]
    assert [event["id"] for event in kept] == [2, 10]


def test_a_condensation_begins_a_continuation_that_trains_nothing_twice() -> None:
    attempt, continuation = read()
    assert (continuation.relation, continuation.parent_id) == (Relation.CONTINUATION, attempt.trajectory_id)
    assert continuation.shared_count == 2
    assert [
        (message.role.value, message.origin.value, message.text) for message in continuation.messages
    ] == [
        ("user", "injected", "S"),
        ("assistant", "copied", "Both."),
        ("tool", "injected", "x"),
        ("tool", "injected", "Logged."),
        ("user", "injected", "Oops"),
        ("assistant", "sampled", "Done."),
    ]
    assert [call.result_seq for call in continuation.messages[1].tool_calls] == [4, 5]
    assert (attempt.outcome_reward, attempt.cost_usd, attempt.prompt_tokens) == (1.0, 0.5, 10)
    assert (continuation.outcome_reward, continuation.cost_usd, continuation.prompt_tokens) == (None,) * 3


def test_a_condensation_may_name_a_range_and_say_nothing() -> None:
    silent = EVENTS[8] | {"args": {"forgotten_events_start_id": 3, "forgotten_events_end_id": 7}}
    attempt, continuation = read(history=[*EVENTS[:8], silent, EVENTS[11]])
    assert [message.text for message in continuation.messages] == ["Done."]
    assert json.loads(attempt.extra or "")["events"][-1]["action"] == "condensation"


def test_gold_and_hidden_tests_are_in_quarantine_and_the_agents_own_patch_is_not() -> None:
    attempt, _ = read()
    secrets = attempt.task.secrets
    assert secrets is not None
    assert secrets.gold_outputs == "gold"
    assert json.loads(secrets.extra or "") == {
        "test_patch": "t", "FAIL_TO_PASS": ["n"], "hints_text": "h",
        "test_result": {"test_output": "hidden", "report": {"x": 1}},
    }  # fmt: skip
    assert json.loads(attempt.extra or "")["git_patch"] == "diff"
    assert {score.name: score.value for score in attempt.scores} == {"resolved": 1.0, "test_timeout": 0.0}


def test_a_row_without_its_instance_has_no_secrets() -> None:
    attempt, _ = read(instance=None, test_result={"git_patch": "diff"})
    assert attempt.task.secrets is None


def test_the_oldest_rows_pair_actions_with_observations() -> None:
    (trajectory,) = read(history=PAIRS, error=None)
    user, turn, result = trajectory.messages
    assert (user.text, turn.text) == ("Go", "Look.")
    assert [(call.name, call.arguments, call.result_seq) for call in turn.tool_calls] == [
        ("run", '{"command":"ls"}', 2)
    ]
    assert (result.role, result.call_seq, result.text) == (Role.TOOL, 1, "x")


def test_an_answer_to_no_call_is_told_as_the_user_and_a_second_one_stays_an_orphan() -> None:
    again = EVENTS[5] | {"id": 12}
    trajectory = stream(*EVENTS[:6], again, EVENTS[9])
    assert shape(trajectory.messages[-3:]) == [
        ("tool", "injected"),
        ("tool", "injected"),
        ("user", "injected"),
    ]
    assert [message.call_seq for message in trajectory.messages[-3:]] == [3, None, None]


def test_a_stream_knows_its_model_and_names_its_task_by_the_prompt() -> None:
    one, other = stream(*EVENTS[:6]), stream(*EVENTS[:8])
    assert (one.model, one.toolset and one.toolset.tools) == ("m", '[{"name": "f"}]')
    assert one.task.task_id == other.task.task_id


@pytest.mark.parametrize(
    ("error", "status", "reward"),
    [
        ("RuntimeError: Agent reached maximum iteration in headless mode.", Status.TRUNCATED, 1.0),
        ("AgentStuckInLoopError: Agent got stuck in a loop", Status.AGENT_ERROR, 1.0),
        ("AgentRuntimeUnavailableError: no container", Status.INFRA_ERROR, None),
        ("Something else", Status.UNKNOWN, 1.0),
        (None, Status.UNKNOWN, 1.0),
    ],
)
def test_an_errors_words_tell_how_the_rollout_ended(
    error: str | None, status: Status, reward: float | None
) -> None:
    attempt, _ = read(error=error)
    assert (attempt.status, attempt.termination_reason, attempt.outcome_reward) == (status, error, reward)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"history": []}, "empty_conversation"),
        ({"history": [EVENTS[10]]}, "empty_conversation"),
        ({"instance_id": None}, "missing_field"),
        ({"history": [EVENTS[4] | {"tool_call_metadata": {"tool_call_id": "z", "model_response": RESPONSE}}]}, "unexpected_shape"),
        ({"history": [EVENTS[4] | {"tool_call_metadata": {"model_response": {"id": "r"}}}]}, "missing_field"),
        ({"history": [{"action": "condensation", "args": {}}]}, "missing_field"),
        ({"history": [{"action": "condensation", "args": {"forgotten_events_start_id": 0, "forgotten_events_end_id": 9**18}}]}, "unexpected_shape"),
    ],
)  # fmt: skip
def test_a_row_that_breaks_its_promise_is_rejected(change: dict[str, Any], reason: str) -> None:
    sample = json_sample("output.jsonl", ROW | change)
    rejection = decode_record(sample.record, sample.source)
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, rejection.format_name) == (reason, "openhands")
