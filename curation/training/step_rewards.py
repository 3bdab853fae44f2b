"""The reward of each step: the outcome at the end, the rewards of messages, or a column of steps."""

from dataclasses import replace

import polars as pl

from curation.rewards.outcomes import scored_reward
from curation.scene import Scene
from curation.training.step_facts import step_facts

OUTCOME, MESSAGES = "outcome", "messages"
"""Not columns: the final reward at the last turn and 0 before; the rewards of a turn's message and its results."""


def step_rewards(scene: Scene, source: str, columns: tuple[str, ...] = ()) -> pl.DataFrame:
    """Give the reward of each own step of every trajectory of whole tasks.

    Args:
        scene: with the tasks.
        source: `OUTCOME`, `MESSAGES`, or a column of steps.
        columns: further columns of steps.

    Returns:
        Sorted by trajectory and step: `trajectory_id`, `step`, `seq`, `reward` (null: unknown), and the columns.
    """
    named = () if source in (OUTCOME, MESSAGES) else (source,)
    everyone = replace(scene, kept=scene.frames.trajectories)
    facts = step_facts(everyone, (*columns, *named, "is_copied", "end_seq"))
    own = facts.filter(~pl.col("is_copied"))
    if source == OUTCOME:
        return own.with_columns(reward=_outcome_at_end(own, scene))
    if source == MESSAGES:
        return own.with_columns(reward=_of_messages(own, scene))
    return own.with_columns(reward=pl.col(source).cast(pl.Float64))


def _outcome_at_end(own: pl.DataFrame, scene: Scene) -> pl.Series:
    outcomes = scene.frames.trajectories.select("trajectory_id", outcome=scored_reward())
    joined = own.join(outcomes, on="trajectory_id", how="left", maintain_order="left")
    is_last = pl.col("step") == pl.col("step").max().over("trajectory_id")
    return joined.select(pl.when(is_last).then("outcome").otherwise(0.0)).to_series()


def _of_messages(own: pl.DataFrame, scene: Scene) -> pl.Series:
    """Sum the rewards of the messages from each turn up to the next; a trajectory without any has unknown ones."""
    rewarded = scene.frames.messages.drop_nulls("reward").select("trajectory_id", "reward", at="seq")
    turns = own.select("trajectory_id", "seq").with_columns(turn="seq")
    sums = (
        rewarded.sort("trajectory_id", "at")
        .join_asof(turns, left_on="at", right_on="seq", by="trajectory_id", check_sortedness=False)
        .group_by("trajectory_id", seq="turn")
        .agg(pl.col("reward").sum())
    )
    joined = own.join(sums, on=["trajectory_id", "seq"], how="left", maintain_order="left")
    has_any = pl.col("reward").is_not_null().any().over("trajectory_id")
    return joined.select(pl.when(has_any).then(pl.col("reward").fill_null(0.0))).to_series()
