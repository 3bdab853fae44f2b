"""Pairs of trials that start alike: up to which message the two of each pair do the same."""

import polars as pl

from curation.frames import Frames
from curation.references.vocabulary import THINKING_TOOLS
from curation.topology.divergence import find_divergences
from curation.training.restarts import restarts


def restart_starts(frames: Frames, *, success_reward: float) -> pl.DataFrame:
    """Give what restarts share with their parents, for both.

    Returns:
        `trajectory_id`, `end` (`seq` of the first message that is its own); several rows for a trial with several
        restarts.
    """
    found = restarts(frames, success_reward=success_reward)
    return pl.concat(
        [found.select("trajectory_id", end="seq"), found.select(trajectory_id="parent_id", end="seq")]
    )


def nearest_success_starts(frames: Frames, *, success_reward: float) -> pl.DataFrame:
    """Give what failures share with their nearest success, for both: the same actions, whatever was said.

    Returns:
        As `restart_starts`; `end` is the turn of the first action that differs, or the turn after the last action.
    """
    found = find_divergences(frames, success_reward=success_reward)
    failures = found.select("trajectory_id", "shared_count")
    successes = found.select("shared_count", trajectory_id="nearest_success_id")
    actions = _actions(frames)
    counted = actions.group_by("trajectory_id").agg(last_seq=pl.col("seq").max())
    placed = (
        pl.concat([failures, successes.select(failures.columns)])
        .join(
            actions,
            left_on=["trajectory_id", "shared_count"],
            right_on=["trajectory_id", "action"],
            how="left",
        )
        .join(counted, on="trajectory_id", how="left")
    )
    return placed.select("trajectory_id", end=pl.coalesce("seq", pl.col("last_seq") + 1, pl.lit(0)))


def _actions(frames: Frames) -> pl.DataFrame:
    """Number the actions of each trajectory as divergences count them: `trajectory_id`, `action`, `seq`."""
    is_action = (pl.col("call_count") > 0) & ~pl.col("is_copied")
    acts = ~pl.col("tool_names").list.eval(pl.element().is_in(THINKING_TOOLS)).list.all()
    return (
        frames.steps.filter(is_action & acts)
        .sort("trajectory_id", "step")
        .select("trajectory_id", "seq", action=pl.int_range(pl.len(), dtype=pl.Int64).over("trajectory_id"))
    )
