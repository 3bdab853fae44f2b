"""Reflexion's programming runs, its flags of success, and LeetCode's verdicts on its programs."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from schemas.trajectory import Origin, Role, Status, Trajectory
from tests.schemas.rollouts.readings import archive_samples, read, refusal, trajectories_of, verdicts_of
from tests.schemas.rollouts.real_files import json_sample

ARCHIVE = "reflexion/reflexion_dev.tar.zst"
ROW: dict[str, Any] = {
    "name": "mbpp_3_is_not_prime", "language": "py", "prompt": "def f():", "entry_point": "f", "test": "assert f()",
    "is_solved": True, "solution": "def f(): ...",
}  # fmt: skip
SUBMISSION: dict[str, Any] = {
    "code": "class Solution: ...",
    "status": "Wrong Answer",
    "reward": False,
    "info": {"question_id": "2726", "expected_output": "1"},
}


@pytest.fixture(scope="module")
def programs(real_data: Path) -> list[Trajectory]:
    return trajectories_of(archive_samples(real_data / ARCHIVE, wanted=lambda name: "_mbpp_py/" in name))


def test_census_of_the_real_programs(programs: list[Trajectory]) -> None:
    assert Counter((t.agent, t.model, t.outcome_reward) for t in programs) == {
        ("reflexion", "gpt-4", 1.0): 306,
        ("reflexion", "gpt-4", 0.0): 91,
        ("simple", "gpt-4", 1.0): 318,
        ("simple", "gpt-4", 0.0): 79,
    }
    assert len({t.task.task_id for t in programs}) == 397
    assert {t.task.benchmark for t in programs} == {"mbpp_py"}
    assert Counter((m.role.value, m.origin.value) for t in programs for m in t.messages) == {
        ("user", "scripted"): 794,
        ("assistant", "sampled"): 794,
        ("assistant", "copied"): 478,
    }


def test_programs_feedback_and_reflections_follow_each_other() -> None:
    fields = {"implementations": ["1", "2"], "test_feedback": ["wrong", "right"], "reflections": ["hm"]}
    trajectory = read(ROW | fields | {"solution": "2"})
    assert [(m.text, m.origin) for m in trajectory.messages] == [
        ("def f():", Origin.SCRIPTED),
        ("1", Origin.SAMPLED),
        ("wrong", Origin.INJECTED),
        ("hm", Origin.COPIED),
        ("2", Origin.SAMPLED),
        ("right", Origin.INJECTED),
    ]
    assert "solution" not in json.loads(trajectory.extra or "")
    assert json.loads(read(ROW | fields).extra or "")["solution"] == "def f(): ..."


def test_feedback_and_reflections_without_a_program_are_kept_in_order() -> None:
    fields = {"implementations": [], "test_feedback": ["wrong"], "reflections": ["hm", "ah"]}
    assert [m.text for m in read(ROW | fields).messages] == ["def f():", "wrong", "hm", "ah"]


def test_tests_and_the_canonical_solution_stay_in_quarantine() -> None:
    trajectory = read(ROW | {"canonical_solution": "return 1"})
    assert trajectory.task.secrets is not None
    assert trajectory.task.secrets.gold_outputs == "return 1"
    assert trajectory.task.secrets.extra == '{"test":"assert f()"}'
    assert trajectory.extra == '{"entry_point":"f"}'


def test_a_problem_without_a_program_is_only_a_prompt() -> None:
    assert [message.role for message in read(ROW | {"solution": None}).messages] == [Role.USER]


def test_a_problem_of_no_known_data_set_belongs_to_its_source() -> None:
    trajectory = read(ROW | {"name": "minimum-time"})
    assert (trajectory.task.benchmark, trajectory.task.task_key) == ("rollouts", "minimum-time")
    assert json.loads(trajectory.extra or "")["language"] == "py"


@pytest.mark.parametrize(
    ("file_name", "agent", "model"),
    [
        ("humaneval-py..gz_reflexion_5_gpt-4_pass_at_k_1_py.jsonl", "reflexion", "gpt-4"),
        ("reflexion-ucs_5_gpt-4_pass_at_k_1.jsonl", "reflexion-ucs", "gpt-4"),
        ("leetcode-hard-py-40._simple_1_gpt-3.5-turbo_pass_at_k_1_py.jsonl", "simple", "gpt-3.5-turbo"),
        ("rows.jsonl", None, None),
    ],
)
def test_the_files_name_tells_strategy_and_model(
    file_name: str, agent: str | None, model: str | None
) -> None:
    trajectory = read(ROW, file_name)
    assert (trajectory.agent, trajectory.model) == (agent, model)


def test_census_of_the_real_flags(real_data: Path) -> None:
    samples = archive_samples(real_data / ARCHIVE, wanted=lambda name: "env_results_trial_" in name)
    verdicts = verdicts_of(samples)
    solved = Counter((v.benchmark, v.trial) for v in verdicts if v.score.value)

    assert trajectories_of(samples) == []
    assert Counter((v.benchmark, v.run) for v in verdicts) == {
        ("alfworld", "base_run_logs"): 938,
        ("webshop", "reflexion_run_logs_1"): 400,
    }
    assert [solved["alfworld", trial] for trial in range(7)] == [84, 94, 97, 98, 100, 101, 101]
    assert [solved["webshop", trial] for trial in range(4)] == [33, 33, 34, 35]
    assert all(verdict.is_outcome and verdict.extra for verdict in verdicts)


def test_a_flag_in_another_file_tells_no_trial() -> None:
    flag = {"name": "env_3", "memory": ["Look twice."], "is_success": False}
    (verdict,) = verdicts_of([json_sample("results.json", flag)])
    assert (verdict.trial, verdict.run, verdict.benchmark, verdict.score.value) == (None, None, None, 0.0)
    assert verdict.extra == '{"memory":["Look twice."]}'
    assert refusal(flag | {"is_success": None}).reason == "missing_field"


def test_submissions_are_words_that_nobody_trains(real_data: Path) -> None:
    found = trajectories_of(archive_samples(real_data / ARCHIVE, wanted=lambda name: "leetcode" in name))
    assert Counter(t.termination_reason for t in found) == {
        "Wrong Answer": 7,
        "Time Limit Exceeded": 2,
        "Runtime Error": 1,
    }
    assert {(t.status, t.outcome_reward, t.messages[0].origin) for t in found} == {
        (Status.COMPLETED, 0.0, Origin.SCRIPTED)
    }


def test_test_cases_of_a_submission_stay_in_quarantine() -> None:
    trajectory = read(SUBMISSION)
    assert (trajectory.task.benchmark, trajectory.task.task_key) == ("leetcode", "2726")
    assert trajectory.task.secrets is not None
    assert "expected_output" in (trajectory.task.secrets.extra or "")
    assert trajectory.extra is None
    assert refusal(SUBMISSION | {"code": None}).reason == "missing_field"
