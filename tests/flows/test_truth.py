"""The simulation plants the truth; the signals must find it, and selection must act on it."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.flows.finished import Finished

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def truth(simulated: Path) -> dict[tuple[str, int], dict[str, Any]]:
    lines = (simulated / "truth" / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    return {(row["task_id"], row["trial"]): row for row in map(json.loads, lines)}


@pytest.fixture(scope="module")
def found(demo_run: Finished) -> pl.DataFrame:
    return demo_run.house.sql(
        """
        SELECT task_key, trial, step, is_failed, loop_kind
        FROM step_signals JOIN trajectories USING (trajectory_id) JOIN tasks ON tasks.task_id = trajectories.task_id
        WHERE relation = 'attempt'
        """
    ).to_polars()


def planted(truth: dict[tuple[str, int], dict[str, Any]], label: str) -> set[tuple[str, int, int]]:
    return {
        (task, trial, step["step"])
        for (task, trial), row in truth.items()
        for step in row["steps"]
        if label in step["labels"]
    }


def test_failed_calls_are_found_with_precision_and_recall_of_one(
    truth: dict[tuple[str, int], dict[str, Any]], found: pl.DataFrame
) -> None:
    failed = set(found.filter("is_failed").select("task_key", "trial", "step").iter_rows())
    assert planted(truth, "failed_call")
    assert failed == planted(truth, "failed_call")


def test_retry_loops_are_found_with_precision_and_recall_of_one(
    truth: dict[tuple[str, int], dict[str, Any]], found: pl.DataFrame
) -> None:
    looped = set(found.filter(pl.col("loop_kind") == "retry").select("task_key", "trial", "step").iter_rows())
    assert planted(truth, "retry_loop")
    assert looped == planted(truth, "retry_loop")


def test_selection_prefers_efficient_and_recovering_successes_to_redundant_ones(
    truth: dict[tuple[str, int], dict[str, Any]], demo_run: Finished
) -> None:
    rows = demo_run.house.sql(
        """
        SELECT task_key, trial, verdict, decisions.reason
        FROM decisions JOIN trajectories USING (trajectory_id) JOIN tasks ON tasks.task_id = trajectories.task_id
        WHERE decisions.reason IN ('passed_all_rules', 'below_top_k')
        """
    ).rows()
    skills: dict[tuple[str, str], int] = {}
    contested = {task for task, _, _, reason in rows if reason == "below_top_k"}
    for task, trial, verdict, _ in rows:
        if task in contested:
            skill = truth[task, trial]["skill"]
            skills[skill, verdict] = skills.get((skill, verdict), 0) + 1

    def share_kept(*names: str) -> float:
        kept = sum(skills.get((name, "kept"), 0) for name in names)
        return kept / (kept + sum(skills.get((name, "dropped"), 0) for name in names))

    assert share_kept("careful", "recovering") > 2 * share_kept("redundant")
