"""Pairs of turns where a failure leaves a success."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from curation.pairs.rule import PairRule
from curation.pairs.siblings import STATE, turn_pairs
from curation.rewards.outcomes import is_success
from curation.scene import Scene


@dataclass(frozen=True, kw_only=True)
class FirstDivergence(PairRule):
    """Pairs the turn in which a kept failure leaves a kept success of its task with the turn that the success took.

    The success is the one that shares the longest start with the failure, word for word, the policy's words and the
    environment's; of several the one with the least id. A failure that shares no turn's context with any success has
    no pair. Ours.
    """

    name: ClassVar = "first_divergence"

    success_reward: float = 1.0
    """Least reward of a success."""

    def pair(self, scene: Scene) -> pl.DataFrame:
        """Join failures with successes by the words before each turn, and take the last such place."""
        outcomes = scene.kept.select("trajectory_id", is_success=is_success(self.success_reward))
        turns = scene.own_turns.join(outcomes.drop_nulls(), on="trajectory_id")
        failed, solved = turns.filter(~pl.col("is_success")), turns.filter("is_success")
        parted = (
            failed.join(solved, on=STATE, suffix="_solved")
            .filter(pl.col("message_key") != pl.col("message_key_solved"))
            .sort(["seq", "trajectory_id_solved"], descending=[True, False])
            .unique("trajectory_id", keep="first", maintain_order=True)
        )
        detail = pl.format("the failure leaves the success at message {}", "seq")
        return turn_pairs(
            parted.rename({"trajectory_id": "rejected_id", "trajectory_id_solved": "chosen_id"}).with_columns(
                margin=pl.lit(None), detail=detail
            )
        )
