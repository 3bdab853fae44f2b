import polars as pl

from curation.frames import conform
from schemas.tables import TABLES
from tests.curation.rollouts import do, frames, rollout


def test_restricting_keeps_the_rows_of_the_named_trajectories() -> None:
    kept, other = rollout(do("look"), task="a"), rollout(do("look"), do("look"), task="b")
    whole = frames(kept, other)
    assert whole.calls.height == 3
    part = whole.restricted_to(pl.Series([kept.trajectory_id]))
    for frame in (part.trajectories, part.messages, part.steps, part.calls):
        assert frame["trajectory_id"].unique().to_list() == [kept.trajectory_id]
    assert part.calls.height == 1


def test_conforming_orders_columns_types_and_rows() -> None:
    steps = frames(rollout(do("look"), do("look"))).steps
    loose = (
        steps.reverse()
        .select(pl.col(sorted(steps.columns)))
        .with_columns(pl.col("step").cast(pl.UInt32), extra=1)
    )
    assert conform(loose, TABLES["steps"]).equals(steps)
