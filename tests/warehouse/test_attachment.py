"""Verdicts find the one rollout that they mean, whatever came first, or none."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from msgspec.structs import replace

from schemas.rows import arrow_table, verdict_rows
from schemas.trajectory import Score, ScoreSource, Trajectory
from schemas.verdict import Verdict
from tests.warehouse.rollout_batches import BUCKET_COUNT, make_records, make_rows, make_trajectory
from warehouse import Warehouse
from warehouse.whole import read_judged

RUN_A = "/data/runs/alpha/one.traj"
RUN_B = "/data/runs/alpha_rerun/one.traj"


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """An attempt at task `t`, and where it was found."""

    number: int
    uri: str
    reward: float | None = None
    model: str | None = None

    @property
    def trajectory(self) -> Trajectory:
        made = make_trajectory(self.number)
        task = replace(made.task, benchmark="swe_bench", task_key="t")
        return replace(made, task=task, outcome_reward=self.reward, model=self.model, trial=None, agent=None)


def insert(warehouse: Warehouse, *rollouts: Rollout) -> None:
    records = make_records(rollout.number for rollout in rollouts)
    uris = pl.Series([rollout.uri for rollout in rollouts]).to_arrow()
    records = records.set_column(
        records.column_names.index("source_uri"), records.schema.field("source_uri"), uris.cast("string")
    )
    warehouse.insert_rollouts(make_rows(rollout.trajectory for rollout in rollouts), records)


def tell(warehouse: Warehouse, *verdicts: Verdict, judges: str | None = None) -> None:
    rows = verdict_rows("f" * 64, verdicts, source_id="source", bucket_count=BUCKET_COUNT, judges=judges)
    warehouse.insert_verdicts(arrow_table("verdicts", rows))


def resolved(value: float | None = 1.0, **keys: Any) -> Verdict:
    score = Score(name="resolved", value=value, source=ScoreSource.VERIFIER)
    return Verdict(score=score, is_outcome=True, **({"task_key": "t"} | keys))


def states(warehouse: Warehouse) -> list[str]:
    rows = warehouse.sql(
        "SELECT state FROM verdict_attachments JOIN verdicts USING (verdict_id) ORDER BY verdict_index"
    ).rows()
    return [state for (state,) in rows]


def rewards(warehouse: Warehouse, rollouts: Iterable[Rollout]) -> list[float | None]:
    frame = read_judged(warehouse, range(BUCKET_COUNT))
    known = dict(frame.select("trajectory_id", "outcome_reward").iter_rows())
    return [known[rollout.trajectory.trajectory_id] for rollout in rollouts]


@pytest.mark.parametrize("verdict_first", [True, False])
def test_a_verdict_attaches_whatever_came_first(warehouse: Warehouse, *, verdict_first: bool) -> None:
    rollout = Rollout(number=1, uri=RUN_A)
    if verdict_first:
        tell(warehouse, resolved())
        assert states(warehouse) == ["waiting"]
    insert(warehouse, rollout)
    tell(warehouse, resolved())
    assert states(warehouse) == ["attached"]
    assert rewards(warehouse, [rollout]) == [1.0]


def test_a_missing_verdict_is_null_and_never_zero(warehouse: Warehouse) -> None:
    rollout = Rollout(number=1, uri=RUN_A)
    insert(warehouse, rollout)
    tell(warehouse, resolved(None))
    assert states(warehouse) == ["attached"]
    assert rewards(warehouse, [rollout]) == [None]


def test_a_verdict_that_fits_two_runs_attaches_to_none(warehouse: Warehouse) -> None:
    rollouts = [Rollout(number=1, uri=RUN_A), Rollout(number=2, uri=RUN_B)]
    insert(warehouse, *rollouts)
    tell(warehouse, resolved())
    assert states(warehouse) == ["ambiguous"]
    assert rewards(warehouse, rollouts) == [None, None]


def test_a_run_is_a_whole_folder_name(warehouse: Warehouse) -> None:
    rollouts = [Rollout(number=1, uri=RUN_A), Rollout(number=2, uri=RUN_B)]
    insert(warehouse, *rollouts)
    tell(warehouse, resolved(run="alpha"), resolved(0.0, run="Alpha_Rerun"), resolved(run="alp"))
    assert states(warehouse) == ["attached", "attached", "waiting"]
    assert rewards(warehouse, rollouts) == [1.0, 0.0]


def test_the_user_says_what_a_file_judges_when_its_names_do_not(warehouse: Warehouse) -> None:
    rollouts = [Rollout(number=1, uri=RUN_A), Rollout(number=2, uri=RUN_B)]
    insert(warehouse, *rollouts)
    tell(warehouse, resolved(run="harness_run"))
    assert states(warehouse) == ["waiting"]
    tell(warehouse, resolved(run="harness_run"), judges="*/alpha_rerun/*")
    assert rewards(warehouse, rollouts) == [None, 1.0]


@pytest.mark.parametrize("told", ["deepseek__deepseek-chat", "deepseek-chat", "DeepSeek/deepseek-chat"])
def test_models_tell_runs_apart_however_they_are_spelled(warehouse: Warehouse, told: str) -> None:
    rollouts = [
        Rollout(number=1, uri=RUN_A, model="deepseek/deepseek-chat"),
        Rollout(number=2, uri=RUN_B, model="gpt-4o"),
    ]
    insert(warehouse, *rollouts)
    tell(warehouse, resolved(model=told))
    assert rewards(warehouse, rollouts) == [1.0, None]


def test_the_rollouts_own_reward_stands(warehouse: Warehouse) -> None:
    rollout = Rollout(number=1, uri=RUN_A, reward=0.25)
    insert(warehouse, rollout)
    tell(warehouse, resolved())
    assert rewards(warehouse, [rollout]) == [0.25]


def test_verdicts_that_contradict_each_other_give_no_reward(warehouse: Warehouse) -> None:
    rollout = Rollout(number=1, uri=RUN_A)
    insert(warehouse, rollout)
    tell(warehouse, resolved(1.0), resolved(0.0))
    assert rewards(warehouse, [rollout]) == [None]
    told = warehouse.sql("SELECT is_contradictory FROM attached_outcomes").rows()
    assert told == [(True,)]


def test_a_run_alone_names_a_rollout_without_its_task(warehouse: Warehouse) -> None:
    rollouts = [Rollout(number=1, uri="/x/one.traj"), Rollout(number=2, uri="/x/two.traj")]
    insert(warehouse, *rollouts)
    tell(warehouse, resolved(task_key=None, run="two"))
    assert rewards(warehouse, rollouts) == [None, 1.0]


def test_another_suite_with_the_same_key_is_another_task(warehouse: Warehouse) -> None:
    insert(warehouse, Rollout(number=1, uri=RUN_A))
    tell(warehouse, resolved(benchmark="other"))
    assert states(warehouse) == ["waiting"]


def test_attached_scores_stand_beside_the_rollouts_own(warehouse: Warehouse, tmp_path: Path) -> None:
    insert(warehouse, Rollout(number=1, uri=RUN_A))
    tell(warehouse, resolved())
    told = warehouse.sql("SELECT told_by, name FROM all_scores ORDER BY told_by").rows()
    assert told == [("rollout", "reward"), ("verdict", "resolved")]
