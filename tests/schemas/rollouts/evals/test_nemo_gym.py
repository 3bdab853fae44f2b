import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from schemas.rollouts import Decoded, Rejection, decode_record
from schemas.rollouts.evals.nemo_gym import NEMO_GYM
from schemas.rollouts.evals.nemo_gym_fields import sort_fields
from schemas.trajectory import Origin, Role, Status, Trajectory
from tests.schemas.rollouts.real_files import archive_members, file_samples, json_sample

ENVIRONMENTS = "resources_servers"
SAID = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "ok"}]}
ROW = {
    "responses_create_params": {"input": [{"role": "user", "content": "Do it."}], "tools": []},
    "response": {"output": [SAID], "model": "m", "tools": []},
    "reward": 1.0,
}
PATH = f"{ENVIRONMENTS}/hills/data/example_rollouts.jsonl"

Outcomes = dict[str, list[Decoded | Rejection]]


@pytest.fixture(scope="module")
def outcomes(real_data: Path) -> Outcomes:
    members = archive_members(real_data / "nemo_gym/example_rollouts_dev.tar.zst")
    return {
        name: [decode_record(sample.record, sample.source) for sample in file_samples(name, content)]
        for name, content in members.items()
        if name.endswith(".jsonl")
    }


@pytest.fixture(scope="module")
def rollouts(outcomes: Outcomes) -> dict[str, list[Trajectory]]:
    return {
        name.split("/")[1]: [
            t for outcome in found if isinstance(outcome, Decoded) for t in outcome.trajectories
        ]
        for name, found in outcomes.items()
        if "_materialized_inputs" not in name and "_reward_profiling" not in name
    }


def decode(row: dict[str, Any], path: str = PATH) -> Decoded | Rejection:
    sample = json_sample(path, row)
    return decode_record(sample.record, sample.source)


def read(row: dict[str, Any], path: str = PATH) -> Trajectory:
    decoded = decode(row, path)
    assert isinstance(decoded, Decoded), decoded
    (trajectory,) = decoded.trajectories
    return trajectory


def test_census_of_the_real_files(outcomes: Outcomes, rollouts: dict[str, list[Trajectory]]) -> None:
    found = [outcome for outcomes_of_file in outcomes.values() for outcome in outcomes_of_file]
    trajectories = [trajectory for of_file in rollouts.values() for trajectory in of_file]
    messages = [message for trajectory in trajectories for message in trajectory.messages]
    calls = [call for message in messages for call in message.tool_calls]

    assert (len(outcomes), len(found)) == (49, 245)
    assert Counter(len(outcome.trajectories) for outcome in found if isinstance(outcome, Decoded)) == {
        1: 170,
        0: 50,
    }
    assert len(trajectories) == 170
    assert Counter(message.role for message in messages) == {
        Role.SYSTEM: 95,
        Role.USER: 303,
        Role.ASSISTANT: 567,
        Role.TOOL: 365,
    }
    assert (len(calls), sum(call.result_seq is not None for call in calls)) == (371, 365)
    assert Counter(trajectory.status for trajectory in trajectories) == {
        Status.COMPLETED: 165,
        Status.TRUNCATED: 3,
        Status.INFRA_ERROR: 2,
    }


def test_what_is_refused_has_its_reason(outcomes: Outcomes) -> None:
    refused = Counter(
        (name.split("/")[1], outcome.reason.value)
        for name, found in outcomes.items()
        for outcome in found
        if isinstance(outcome, Rejection)
    )
    assert refused == {
        ("over_refusal_detection", "placeholder"): 5,
        ("tavily_search", "placeholder"): 5,
        ("genrm_compare", "empty_conversation"): 5,
        ("multichallenge", "empty_conversation"): 5,
        ("swebench", "empty_conversation"): 5,
    }


def test_rewards_are_what_the_environments_gave(rollouts: dict[str, list[Trajectory]]) -> None:
    def rewards(name: str) -> list[float | None]:
        return [trajectory.outcome_reward for trajectory in rollouts[name]]

    assert rewards("blackjack") == [-1.0, 1.0, -1.0, 1.0, 1.0]
    assert rewards("grl_tetris") == [19.4, -0.7, -0.7999999999999999, -0.7999999999999999, 8.9]
    assert rewards("example_tool_call_multireward") == [2.0] * 5
    assert rewards("conversational_tool_use_simulation") == [1, None, None, 1, 0]


def test_the_same_problem_has_one_task_and_its_trials_are_told_apart(
    rollouts: dict[str, list[Trajectory]],
) -> None:
    assert {(t.task.benchmark, t.task.task_key) for t in rollouts["mini_swe_agent_2"]} >= {
        ("swe_bench", "scikit-learn__scikit-learn-14141")
    }
    assert {(t.task.benchmark, t.task.task_key) for t in rollouts["tau2"]} >= {("tau2_retail", "50")}
    assert len({t.task.task_id for t in rollouts["blackjack"]}) == 1
    assert sorted(t.trial or 0 for t in rollouts["blackjack"]) == [0, 1, 2, 3, 4]
    assert {t.agent for t in rollouts["blackjack"]} == {"blackjack_gymnasium_agent"}
    assert len({t.task.task_id for t in rollouts["pi_agent"]}) == 5


def test_one_index_in_two_data_sets_is_two_tasks() -> None:
    prompt = {"input": [{"role": "user", "content": "Something else."}]}
    first = read(ROW | {"_ng_task_index": 3})
    second = read(ROW | {"_ng_task_index": 3, "responses_create_params": prompt})
    again = read(ROW | {"_ng_task_index": 3, "_ng_rollout_index": 1})
    assert first.task.task_key.startswith("3-")
    assert first.task.task_id == again.task.task_id != second.task.task_id
    assert first.task.benchmark == "hills"


def test_the_tau2_agents_prompt_holds_a_greeting_and_sampled_calls(
    rollouts: dict[str, list[Trajectory]],
) -> None:
    messages = rollouts["tau2"][0].messages
    assert [(m.role, m.origin) for m in messages if m.role is Role.ASSISTANT] == [
        (Role.ASSISTANT, Origin.SCRIPTED),
        *[(Role.ASSISTANT, Origin.SAMPLED)] * 5,
    ]


def test_who_speaks_as_the_user_depends_on_the_environment(rollouts: dict[str, list[Trajectory]]) -> None:
    def user_origins(name: str) -> set[Origin]:
        messages = rollouts[name][0].messages
        behind = next(m.seq for m in messages if m.origin is Origin.SAMPLED)
        return {m.origin for m in messages[behind:] if m.role is Role.USER}

    assert user_origins("blackjack") == {Origin.INJECTED}
    assert user_origins("tau2") == {Origin.SCRIPTED}


@pytest.mark.parametrize(
    ("change", "status", "reward"),
    [
        ({}, Status.COMPLETED, 1.0),
        ({"reward": None}, Status.UNKNOWN, None),
        ({"truncated": True}, Status.TRUNCATED, 1.0),
        ({"finished_naturally": False}, Status.TRUNCATED, 1.0),
        ({"instance_config": {"mask_sample": True}}, Status.INFRA_ERROR, None),
        ({"response": {"output": [SAID], "error": {"code": "x"}}}, Status.INFRA_ERROR, None),
    ],
)
def test_how_a_rollout_ended(change: dict[str, Any], status: Status, reward: float | None) -> None:
    trajectory = read(ROW | change)
    assert (trajectory.status, trajectory.outcome_reward) == (status, reward)


def test_the_reward_of_a_spoiled_rollout_stays_in_extra() -> None:
    trajectory = read(ROW | {"instance_config": {"mask_sample": True}, "reward": 0})
    assert json.loads(trajectory.extra or "")["reward"] == 0


@pytest.mark.parametrize(
    ("name", "value", "place"),
    [
        ("expected_answer", "42", "gold"),
        ("expected_score", 3, "gold"),
        ("rubric", [{"question": "?"}], "gold"),
        ("judge_text", "It should be 42.", "private"),
        ("a_field_of_next_year", 42, "private"),
        ("is_correct", "42", "private"),
        ("is_correct", True, "scores"),
        ("library_reward", 0.5, "scores"),
        ("reward_components", {"format": 1}, "scores"),
        ("extracted_answer", "41", "public"),
        ("reward_lt_80k", None, "public"),
        ("target_language", "de", "public"),
    ],
)
def test_the_name_of_a_field_decides_who_may_see_it(name: str, value: object, place: str) -> None:
    found = sort_fields(json.dumps({name: value}))._asdict()
    assert [where for where, held in found.items() if held] == [place]


def test_gold_goes_to_quarantine_and_verdicts_to_scores() -> None:
    trajectory = read(
        ROW | {"expected_answer": "42", "f1": 0.5, "judge_text": "42!", "customer_scenario": {"a": 1}}
    )
    secrets = trajectory.task.secrets
    assert secrets is not None
    assert (secrets.gold_outputs, secrets.private_instruction, secrets.extra) == (
        '{"expected_answer":"42"}', '{"a": 1}', '{"judge_text":"42!"}',
    )  # fmt: skip
    assert [(score.name, score.value) for score in trajectory.scores] == [("f1", 0.5)]
    assert "42" not in (trajectory.extra or "")


@pytest.mark.parametrize(
    ("row", "path"),
    [
        (
            {"responses_create_params": {"input": []}, "expected_answer": "42"},
            "data/x_materialized_inputs.jsonl",
        ),
        ({"mean/reward": 0.5, "sample": {"responses_create_params": {}}}, "data/x_reward_profiling.jsonl"),
    ],
)
def test_companions_hold_no_rollout(row: dict[str, Any], path: str) -> None:
    decoded = decode(row, path)
    assert isinstance(decoded, Decoded)
    assert decoded.trajectories == ()


def test_a_record_that_is_no_object_is_not_recognised() -> None:
    assert not NEMO_GYM.recognises([])
