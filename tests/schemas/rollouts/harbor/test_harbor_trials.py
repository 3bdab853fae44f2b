import json
from pathlib import Path
from typing import Any

import pytest

from schemas.rollouts import Decoded, decode_record
from schemas.trajectory import Origin, Relation, Status, Trajectory
from tests.schemas.rollouts.real_files import archive_members, bundle_sample, file_samples, json_sample
from tests.schemas.rollouts.samples.atif import TRIAL, continued_session

SESSION: dict[str, Any] = {
    "schema_version": "ATIF-v1.8",
    "agent": {"name": "a", "version": "1"},
    "steps": [{"step_id": 1, "source": "user", "message": "Do it."}],
}
FILE = "job/trial/agent/trajectory.json"


def read_session(document: dict[str, Any], siblings: dict[str, bytes]) -> tuple[Trajectory, ...]:
    (sample,) = file_samples(FILE, json.dumps(document).encode(), siblings=siblings)
    decoded = decode_record(sample.record, sample.source)
    assert isinstance(decoded, Decoded)
    return decoded.trajectories


def in_trial(**result: Any) -> Trajectory:
    siblings = {"job/trial/result.json": json.dumps(TRIAL | result).encode()}
    return read_session(SESSION, siblings)[0]


def test_a_trials_result_tells_task_rewards_and_ending() -> None:
    session = in_trial()
    assert (session.task.benchmark, session.task.task_key) == ("terminal-bench", "hello-world")
    assert (session.outcome_reward, session.status) == (1.0, Status.COMPLETED)
    assert {score.name: score.value for score in session.scores} == {"reward": 1.0, "style": 0.5}
    assert json.loads(session.extra or "")["harbor_trial"] == {"trial_name": "hello-world__1"}


@pytest.mark.parametrize(
    ("exception", "status", "reward"),
    [
        ("AgentTimeoutError", Status.TRUNCATED, 1.0),
        ("NonZeroAgentExitCodeError", Status.AGENT_ERROR, 1.0),
        ("EnvironmentStartTimeoutError", Status.INFRA_ERROR, None),
    ],
)
def test_a_crash_of_the_trial_is_no_failure_of_the_agent(
    exception: str, status: Status, reward: float | None
) -> None:
    session = in_trial(exception_info={"exception_type": exception, "exception_message": "m"})
    assert (session.status, session.outcome_reward, session.termination_reason) == (status, reward, exception)
    assert json.loads(session.extra or "")["harbor_trial"]["exception_info"] == {"exception_message": "m"}


@pytest.mark.parametrize(
    ("rewards", "outcome"),
    [
        ({"reward": 0.0, "x": 1.0}, 0.0),
        ({"tests": 0.5}, 0.5),
        ({"a": 1.0, "b": 0.0}, None),
        ({"reward": None}, None),
    ],
)
def test_of_several_rewards_only_the_one_of_that_name_is_the_outcome(
    rewards: dict[str, float | None], outcome: float | None
) -> None:
    session = in_trial(verifier_result={"rewards": rewards})
    assert session.outcome_reward == outcome
    assert {score.name: score.value for score in session.scores} == rewards


@pytest.mark.parametrize(
    ("name", "content"), [("reward.txt", b"0.25\n"), ("reward.json", b'{"reward": 0.25}')]
)
def test_without_a_result_the_verifiers_file_tells(name: str, content: bytes) -> None:
    (session,) = read_session(SESSION, {f"job/trial/verifier/{name}": content})
    assert (session.outcome_reward, session.status) == (0.25, Status.COMPLETED)


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"verifier_result": 3}', b"\xff"])
def test_a_strange_result_tells_nothing(content: bytes) -> None:
    (session,) = read_session(SESSION, {"job/trial/result.json": content})
    assert (session.outcome_reward, session.status) == (None, Status.UNKNOWN)


def test_what_the_document_says_comes_first_and_subagents_are_not_judged() -> None:
    own = SESSION | {"extra": {"task_id": "t", "reward": 0.5}, "subagent_trajectories": [SESSION]}
    root, subagent = read_session(own, {"job/trial/result.json": json.dumps(TRIAL).encode()})
    assert (root.task.task_key, root.outcome_reward) == ("t", 0.5)
    assert (subagent.relation, subagent.outcome_reward, subagent.scores) == (Relation.SUBAGENT, None, ())


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("job/trial/result.json", json.dumps(TRIAL).encode()),
        ("job/result.json", b'{"id": "j", "n_total_trials": 2, "stats": {}}'),
        ("job/trial/config.json", b'{"trial_name": "t", "trials_dir": "d", "task": {}}'),
        ("job/config.json", b'{"job_name": "j", "jobs_dir": "d"}'),
        ("job/trial/verifier/reward.txt", b"1\n"),
        ("job/trial/verifier/reward.json", b'{"reward": 1.0}'),
    ],
)
def test_files_of_a_trial_hold_no_session(name: str, content: bytes) -> None:
    (sample,) = file_samples(name, content)
    decoded = decode_record(sample.record, sample.source)
    assert isinstance(decoded, Decoded)
    assert (decoded.format_name, decoded.trajectories, decoded.verdicts) == ("atif", (), ())


def test_a_real_continuation_shares_what_it_repeats(real_data: Path) -> None:
    members = archive_members(real_data / "atif_and_sessions/inspect_scout_fixtures.tar.zst")
    sample = bundle_sample("atif", continued_session(members))
    decoded = decode_record(sample.record, sample.source)
    assert isinstance(decoded, Decoded)
    first, second = decoded.trajectories

    assert (second.relation, second.parent_id) == (Relation.CONTINUATION, first.trajectory_id)
    assert second.task == first.task
    assert second.shared_count == 1
    assert [message.origin for message in second.messages[:4]] == [Origin.COPIED] * 3 + [Origin.SAMPLED]
    assert (len(first.messages), len(second.messages)) == (9, 11)


def test_totals_that_run_on_are_counted_once(real_data: Path) -> None:
    members = archive_members(real_data / "atif_and_sessions/inspect_scout_fixtures.tar.zst")
    sample = bundle_sample("atif", continued_session(members))
    decoded = decode_record(sample.record, sample.source)
    assert isinstance(decoded, Decoded)
    first, second = decoded.trajectories
    assert (first.prompt_tokens, second.prompt_tokens, second.cost_usd) == (2252, None, None)
    assert json.loads(second.extra or "")["final_metrics"]["total_prompt_tokens"] == 7802


def test_continuations_follow_each_other_by_number() -> None:
    def document(name: str) -> bytes:
        step = {"step_id": 1, "source": "agent", "message": name}
        return json.dumps(SESSION | {"steps": [step]}).encode()

    names = ["trajectory.json", *(f"trajectory.cont-{number}.json" for number in (2, 10, 1))]
    sample = bundle_sample("atif", {f"job/trial/agent/{name}": document(name) for name in names})
    decoded = decode_record(sample.record, sample.source)
    assert isinstance(decoded, Decoded)
    assert [one.messages[0].text for one in decoded.trajectories] == [
        "trajectory.json", "trajectory.cont-1.json", "trajectory.cont-2.json", "trajectory.cont-10.json",
    ]  # fmt: skip
    assert [one.parent_id for one in decoded.trajectories[1:]] == [
        one.trajectory_id for one in decoded.trajectories[:-1]
    ]


def test_a_continuation_of_nothing_new_shares_nothing() -> None:
    copied = SESSION | {"steps": [{**SESSION["steps"][0], "is_copied_context": True}]}
    members = {
        FILE: json.dumps(SESSION).encode(),
        "job/trial/agent/trajectory.cont-1.json": json.dumps(copied).encode(),
    }
    sample = bundle_sample("atif", members)
    decoded = decode_record(sample.record, sample.source)
    assert isinstance(decoded, Decoded)
    assert (decoded.trajectories[1].shared_count, decoded.trajectories[1].messages[0].origin) == (
        0,
        Origin.COPIED,
    )


def test_a_subagent_in_another_file_stays_a_reference() -> None:
    reference = [{"session_id": "s", "trajectory_path": "trajectory.summarization-1-summary.json"}]
    step = {
        "step_id": 1,
        "source": "system",
        "message": "",
        "observation": {"results": [{"subagent_trajectory_ref": reference}]},
    }
    sample = json_sample(FILE, SESSION | {"steps": [step]})
    decoded = decode_record(sample.record, sample.source)
    assert isinstance(decoded, Decoded)
    assert json.loads(decoded.trajectories[0].messages[1].extra or "") == {
        "subagent_trajectory_ref": reference
    }
