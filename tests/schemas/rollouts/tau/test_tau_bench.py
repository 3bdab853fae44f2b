import json
from collections import Counter
from typing import Any

import pytest

from schemas.identity import content_digest
from schemas.rollouts import RawRecord, Rejection, Source, decode_record
from schemas.trajectory import Origin, Role, Status, Trajectory

SOURCE = Source(uri="gpt-4o-airline.json", name="airline")
ROW = {
    "task_id": 3,
    "reward": 0.0,
    "trial": 2,
    "info": {},
    "traj": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}],
}


def decode(row: dict[str, Any], source: Source = SOURCE) -> Trajectory | Rejection:
    raw = json.dumps(row).encode()
    record = RawRecord(raw=raw, locator="$[0]", index=0, record_id=content_digest(raw))
    decoded = decode_record(record, source)
    return decoded if isinstance(decoded, Rejection) else decoded.trajectories[0]


def read(row: dict[str, Any], source: Source = SOURCE) -> Trajectory:
    decoded = decode(row, source)
    assert isinstance(decoded, Trajectory)
    return decoded


def test_census_of_the_real_file(airline_trajectories: list[Trajectory]) -> None:
    groups: dict[str, list[Trajectory]] = {}
    for trajectory in airline_trajectories:
        groups.setdefault(trajectory.task.task_id, []).append(trajectory)
    messages = [message for trajectory in airline_trajectories for message in trajectory.messages]

    assert len(airline_trajectories) == 200
    assert [len(group) for group in groups.values()] == [4] * 50
    assert sum(trajectory.outcome_reward == 1 for trajectory in airline_trajectories) == 84
    assert sum(len({trial.outcome_reward for trial in group}) > 1 for group in groups.values()) == 26
    assert len(messages) == 5308
    assert Counter(message.role for message in messages) == {
        Role.SYSTEM: 200,
        Role.USER: 1490,
        Role.ASSISTANT: 2454,
        Role.TOOL: 1164,
    }
    assert sum(message.text is None for message in messages) == 1074
    assert Counter(trajectory.status for trajectory in airline_trajectories) == {
        Status.COMPLETED: 195,
        Status.TRUNCATED: 5,
    }
    assert {(t.task.benchmark, t.model, t.agent) for t in airline_trajectories} == {
        ("tau_bench_airline", "gpt-4o", None)
    }


def test_a_task_has_the_same_secrets_in_all_its_trials_that_the_environment_judged_alike(
    airline_trajectories: list[Trajectory],
) -> None:
    secrets = {(trajectory.task.task_id, trajectory.task.secrets) for trajectory in airline_trajectories}
    known = [secret for _, secret in secrets if secret is not None]
    assert len(known) == len(secrets) == 52
    assert all(secret.gold_actions and secret.private_instruction for secret in known)
    hashed = [json.loads(secret.extra or "{}").get("reward_info") for secret in known]
    assert Counter(None if told is None else frozenset(told) for told in hashed) == {
        frozenset({"gt_data_hash"}): 46,
        None: 6,
    }


def test_who_speaks_decides_the_origin(airline_trajectories: list[Trajectory]) -> None:
    origins = {(m.role, m.origin) for trajectory in airline_trajectories for m in trajectory.messages}
    assert origins == {
        (Role.SYSTEM, Origin.SCRIPTED),
        (Role.USER, Origin.SCRIPTED),
        (Role.ASSISTANT, Origin.SAMPLED),
        (Role.TOOL, Origin.INJECTED),
    }


def test_the_verdict_becomes_scores_without_the_gold_that_it_repeats() -> None:
    reward_info = {
        "reward": 0,
        "info": {"r_outputs": 0.0, "outputs": {"1786": True, "4": False}},
        "actions": ["G"],
    }
    trajectory = read(ROW | {"info": {"reward_info": reward_info}})

    assert {score.name: score.value for score in trajectory.scores} == {
        "reward": 0.0,
        "r_outputs": 0.0,
        "r_output_0": 1.0,
        "r_output_1": 0.0,
    }
    assert trajectory.status is Status.COMPLETED
    assert trajectory.extra is None
    assert trajectory.task.secrets is not None
    assert json.loads(trajectory.task.secrets.extra or "") == {
        "reward_info": {"actions": ["G"], "outputs": ["1786", "4"]}
    }


def test_the_gold_that_a_verdict_repeats_is_kept_once() -> None:
    task = {"actions": [{"name": "pay", "kwargs": {"n": 1}}], "outputs": ["4"]}
    reward_info = {"reward": 1.0, "info": {"outputs": {"4": True}}, "actions": task["actions"]}
    trajectory = read(ROW | {"info": {"task": task, "reward_info": reward_info}})
    assert trajectory.task.secrets is not None
    assert json.loads(trajectory.task.secrets.gold_actions or "") == task["actions"]
    assert trajectory.task.secrets.extra is None


def test_the_hash_of_the_gold_end_state_and_what_nobody_knows_are_kept_in_quarantine() -> None:
    reward_info = {"reward": 1.0, "info": {"gt_data_hash": "h", "new": 1}, "newer": 2}
    trajectory = read(ROW | {"info": {"reward_info": reward_info}})
    assert trajectory.task.secrets is not None
    unknown = {"info": {"new": 1}, "newer": 2}
    kept = {"reward_info": {"gt_data_hash": "h", "unknown": unknown}}
    assert json.loads(trajectory.task.secrets.extra or "") == kept
    assert trajectory.extra is None


def test_a_run_that_was_never_judged_is_truncated_and_keeps_the_reward_of_the_source() -> None:
    trajectory = read(ROW | {"info": {"reward_info": None, "user_cost": None}})
    assert (trajectory.status, trajectory.outcome_reward) == (Status.TRUNCATED, 0.0)


def test_a_crash_of_the_environment_has_no_reward() -> None:
    trajectory = read(ROW | {"info": {"error": "Timeout", "traceback": "..."}})
    assert (trajectory.status, trajectory.outcome_reward) == (Status.INFRA_ERROR, None)
    assert trajectory.termination_reason == "Timeout"
    assert json.loads(trajectory.extra or "") == {"reward": 0.0, "info": {"traceback": "..."}}


def test_a_crash_before_the_first_message_is_rejected_with_the_error() -> None:
    rejection = decode(ROW | {"traj": [], "info": {"error": "Timeout", "traceback": "..."}})
    assert isinstance(rejection, Rejection)
    assert rejection.reason == "empty_conversation"
    assert "Timeout" in rejection.detail


@pytest.mark.parametrize(
    ("uri", "benchmark", "agent", "model"),
    [
        ("runs/gpt-4o-airline.json.zst", "tau_bench_airline", None, "gpt-4o"),
        ("sonnet-35-new-retail.json", "tau_bench_retail", None, "sonnet-35-new"),
        (
            "s3://b/tool-calling-gpt-4o-0.0_range_0--1_user-gpt-4o-llm_0430101500.json",
            "tau_bench_mine",
            "tool-calling",
            "gpt-4o",
        ),
        ("results.json", "tau_bench_mine", None, None),
    ],
)
def test_the_files_name_tells_domain_and_policy(
    uri: str, benchmark: str, agent: str | None, model: str | None
) -> None:
    trajectory = read(ROW, Source(uri=uri, name="mine"))
    assert (trajectory.task.benchmark, trajectory.agent, trajectory.model) == (benchmark, agent, model)


def test_text_strategies_keep_their_text_and_have_no_calls() -> None:
    said = 'Thought: look\nAction: {"name": "respond", "arguments": {}}'
    trajectory = read(ROW | {"traj": [*ROW["traj"], {"role": "assistant", "content": said}]})  # type: ignore[misc]
    assert (trajectory.messages[-1].text, trajectory.messages[-1].tool_calls) == (said, ())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"task_id": None}, "missing_field"),
        ({"task_id": "x"}, "unexpected_shape"),
        ({"reward": "high"}, "unexpected_shape"),
        ({"traj": {}}, "unexpected_shape"),
        ({"traj": [{"role": "wizard"}]}, "unexpected_shape"),
        ({"traj": [{"content": "x"}]}, "missing_field"),
    ],
)
def test_a_row_that_breaks_its_promise_is_rejected(change: dict[str, Any], reason: str) -> None:
    rejection = decode(ROW | change)
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, rejection.format_name) == (reason, "tau_bench")
