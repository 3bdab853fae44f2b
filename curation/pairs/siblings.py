"""Turns that were taken from one and the same context, with what became of the trials that took them."""

import polars as pl

from curation.rewards.outcomes import finite, is_trial, scored_reward
from curation.scene import Scene
from schemas.errors import RecipeError

STATE = ("task_id", "seq", "context_key")
"""What names a shared state: the task, how many messages came before, and that they were the same words."""


def check_visits(min_visits: int) -> None:
    """Refuse a least number of trials that says nothing.

    Raises:
        RecipeError: it is below 1.
    """
    if min_visits < 1:
        raise RecipeError(f"`min_visits` must be 1 or more, got {min_visits!r}.")


def sibling_values(scene: Scene) -> pl.DataFrame:
    """Value each turn by the trials that took it: the mean outcome of those that went on from the same words so.

    Args:
        scene: what is kept, and its tasks; all their trials with a known outcome are counted, kept or not.

    Returns:
        Per state and turn: the columns of `STATE`, `message_key`, `visit_count`, `value` (mean reward; null when no
        outcome is known), `trajectory_id` of the kept trajectory with the least id that has the turn (null: none).
    """
    trials = scene.frames.trajectories.select(
        "trajectory_id", reward=pl.when(is_trial()).then(scored_reward())
    )
    kept = scene.kept.select("trajectory_id", kept_id="trajectory_id")
    return (
        scene.own_turns.join(trials, on="trajectory_id", how="left")
        .join(kept, on="trajectory_id", how="left")
        .group_by(*STATE, "message_key")
        .agg(
            visit_count=pl.col("reward").is_not_null().sum(),
            value=finite(pl.col("reward").mean()),
            trajectory_id=pl.col("kept_id").min(),
        )
    )


def turn_pairs(chosen: pl.DataFrame) -> pl.DataFrame:
    """Bring pairs of turns to what `PairRule.pair` gives: each side is one turn.

    Args:
        chosen: the columns of `STATE`, `chosen_id`, `rejected_id`, `margin`, `detail`.
    """
    return chosen.with_columns(
        context=pl.concat_str(["seq", "context_key"], separator=" "),
        context_count=pl.col("seq"),
        chosen_until=pl.col("seq") + 1,
        rejected_until=pl.col("seq") + 1,
    )
