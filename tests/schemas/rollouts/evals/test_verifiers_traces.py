import json
from typing import Any

import pytest

from schemas.trajectory import Origin, Relation, Role, Status, Trajectory
from tests.schemas.rollouts.readings import read, refusal, trajectories_of
from tests.schemas.rollouts.real_files import json_sample
from tests.schemas.rollouts.samples.verifiers_traces import CALLING, TRACE, node

HELLO = [node(None, "user", "Hi"), node(0, "assistant", "Yo", sampled=True)]
SMALL: dict[str, Any] = {"version": 1, "task": {"type": "T", "data": {}}, "agent": {}, "nodes": HELLO}


def branches(*nodes: dict[str, Any]) -> list[Trajectory]:
    return trajectories_of([json_sample("traces.jsonl", SMALL | {"nodes": nodes})])


def test_each_leaf_is_a_conversation_that_shares_its_start() -> None:
    attempt, retry, summary = trajectories_of([json_sample("traces.jsonl", TRACE)])

    assert [message.text for message in attempt.messages] == ["Rules", "Go.", "", "r", "Done."]
    assert attempt.messages[2].tool_calls[0].arguments == '{"a" : 1.0}'
    assert attempt.messages[2].tool_calls[0].result_seq == 3
    assert (retry.shared_count, [message.text for message in retry.messages]) == (2, ["Another try."])
    assert (summary.shared_count, summary.parent_id) == (0, attempt.trajectory_id)
    assert [t.relation for t in (attempt, retry, summary)] == [
        Relation.ATTEMPT,
        Relation.BRANCH,
        Relation.BRANCH,
    ]
    assert len({trajectory.task.task_id for trajectory in (attempt, retry, summary)}) == 1


def test_outcome_and_costs_stand_on_the_attempt_alone() -> None:
    attempt, retry, _ = trajectories_of([json_sample("traces.jsonl", TRACE)])
    assert (attempt.outcome_reward, attempt.cost_usd) == (1.0, 0.25)
    assert (attempt.prompt_tokens, attempt.completion_tokens) == (8, 2)
    assert [(score.name, score.value) for score in attempt.scores] == [
        ("right", 1.0),
        ("short", 0.5),
        ("turns", 2.0),
    ]
    assert (retry.outcome_reward, retry.prompt_tokens, retry.scores, retry.extra) == (None, None, (), None)
    assert (attempt.agent, attempt.model, attempt.status) == ("solver", "m", Status.TRUNCATED)


def test_token_ids_and_masks_are_kept_with_the_node() -> None:
    attempt, *_ = trajectories_of([json_sample("traces.jsonl", TRACE)])
    kept = json.loads(attempt.messages[2].extra or "")["node"]
    assert kept["index"] == 2
    assert (kept["token_ids"], kept["mask"], kept["logprobs"]) == ([3, 4], [False, True], [-0.5])


def test_the_node_tells_what_was_sampled() -> None:
    (trajectory,) = branches(
        node(None, "user", "Hi"),
        node(0, "assistant", "Made up."),
        node(1, "user", "And?"),
        node(2, "assistant", "Yo", sampled=True),
        node(3, "user", "Go on."),
    )
    assert [message.origin for message in trajectory.messages] == [
        Origin.SCRIPTED,
        Origin.SCRIPTED,
        Origin.SCRIPTED,
        Origin.SAMPLED,
        Origin.INJECTED,
    ]


def test_an_answer_that_a_later_prompt_repeats_is_context_there() -> None:
    sampled = {"parent": 0, "message": CALLING, "sampled": True}
    _, later = branches(
        node(None, "user", "Hi"), sampled, node(None, "user", "A summary."), {"parent": 2, "message": CALLING}
    )
    assert [(message.role, message.origin) for message in later.messages] == [
        (Role.USER, Origin.SCRIPTED),
        (Role.ASSISTANT, Origin.COPIED),
    ]


def test_task_rows_and_judges_prompts_stay_in_quarantine() -> None:
    trajectory = read(SMALL | {"task": {"answer": "4"}, "info": {"judge_calls": ["4"]}})
    assert trajectory.task.secrets is not None
    held = json.loads(trajectory.task.secrets.extra or "")
    assert held == {"task": {"answer": "4"}, "info": {"judge_calls": ["4"]}}
    assert trajectory.extra is None


@pytest.mark.parametrize(
    ("fields", "status", "reward"),
    [
        ({}, Status.UNKNOWN, 1.0),
        ({"is_completed": True, "ok": True, "errors": [{"type": "E"}]}, Status.COMPLETED, 1.0),
        ({"stop_condition": "max_turns"}, Status.TRUNCATED, 1.0),
        ({"is_completed": True, "errors": [{"type": "E"}]}, Status.INFRA_ERROR, None),
    ],
)
def test_an_error_that_was_overcome_is_none(
    fields: dict[str, Any], status: Status, reward: float | None
) -> None:
    trajectory = read(SMALL | {"rewards": {"r": {"score": 1.0}}} | fields)
    assert (trajectory.status, trajectory.outcome_reward) == (status, reward)


def test_without_a_scored_reward_the_outcome_is_unknown() -> None:
    trajectory = read(SMALL | {"rewards": {"r": None}, "calls": []})
    assert (trajectory.outcome_reward, trajectory.prompt_tokens, trajectory.cost_usd) == (None, None, None)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"version": 2}, "unsupported_version"),
        ({"nodes": []}, "empty_conversation"),
        ({"nodes": [node(0, "user", "Hi")]}, "unexpected_shape"),
        ({"nodes": [{"parent": None}]}, "missing_field"),
        ({"calls": [{"usage": {}}]}, "unexpected_shape"),
    ],
)
def test_a_graph_that_is_none_is_refused(change: dict[str, Any], reason: str) -> None:
    rejection = refusal(SMALL | change)
    assert (rejection.reason, rejection.format_name) == (reason, "verifiers_traces")
