"""Restarts: trials that were begun again from a step of another trial, and how they came out.

They come back from replay requests, or as branches of a source: a trajectory that shares its first messages with its
parent. Frames hold conversations whole, so these are the copied messages at its start. A continuation that shares
nothing is the later part of a long trial, and no restart.
"""

import polars as pl

from curation.frames import Frames
from curation.rewards.outcomes import is_success
from schemas.trajectory import Origin, Relation

RELATIONS = (Relation.BRANCH.value, Relation.CONTINUATION.value)


def find_restarts(frames: Frames) -> pl.DataFrame:
    """Find what shares its start with its parent, whether that is there or not.

    Returns:
        `trajectory_id`, `parent_id`, `seq` of the first message that is its own, above 0.
    """
    related = frames.trajectories.filter(
        pl.col("relation").is_in(RELATIONS) & pl.col("parent_id").is_not_null()
    ).select("trajectory_id", "parent_id")
    own = frames.messages.filter(pl.col("origin") != Origin.COPIED)
    starts = own.group_by("trajectory_id").agg(seq=pl.col("seq").min())
    return related.join(starts, on="trajectory_id").filter(pl.col("seq") > 0)


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
        find_restarts(frames)
        .join(outcomes.select("trajectory_id", "is_success"), on="trajectory_id")
        .join(parents, on="parent_id")
        .select("trajectory_id", "parent_id", "is_success", "parent_is_success", "seq")
        .sort("parent_id", "seq", "trajectory_id")
    )
