"""Restarts: trials that were begun again from a step of another trial, and how they came out.

They come back from replay requests, or as branches of a source: a trajectory that shares its first messages with its
parent. A continuation that shares nothing is the later part of a long trial, and no restart.
"""

import polars as pl

from curation.frames import Frames
from curation.rewards.outcomes import is_success
from schemas.trajectory import Relation

RELATIONS = (Relation.BRANCH.value, Relation.CONTINUATION.value)


def is_restart() -> pl.Expr:
    """Tell restarts by the columns of `trajectories`."""
    return (
        pl.col("relation").is_in(RELATIONS) & (pl.col("shared_count") > 0) & pl.col("parent_id").is_not_null()
    )


def restarts(frames: Frames, *, success_reward: float) -> pl.DataFrame:
    """List the restarts whose parent is there.

    Args:
        frames: whole tasks.
        success_reward: least reward of a success.

    Returns:
        One row per restart, sorted by parent and place: `trajectory_id`, `parent_id`, `seq` (of the first message that
        is not the parent's), `is_success` and `parent_is_success` (null: unknown).
    """
    outcomes = frames.trajectories.with_columns(is_success=is_success(success_reward))
    parents = outcomes.select(parent_id="trajectory_id", parent_is_success="is_success")
    return (
        outcomes.filter(is_restart())
        .join(parents, on="parent_id", how="inner")
        .select("trajectory_id", "parent_id", "is_success", "parent_is_success", seq="shared_count")
        .sort("parent_id", "seq", "trajectory_id")
    )
