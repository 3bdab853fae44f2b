"""Pairs of turns from one state, told apart by what became of the trials that took them."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import polars as pl

from curation.pairs.balance import balanced
from curation.pairs.rule import PairRule
from curation.pairs.siblings import STATE, check_visits, sibling_values, turn_pairs
from curation.rewards.outcomes import gap
from curation.scene import Scene


@dataclass(frozen=True, kw_only=True)
class SiblingSteps(PairRule):
    """Pairs two turns that trials took from the same words, where one led to better outcomes.

    After Agent Q (arXiv 2408.07199), which pairs the actions at a node of its search tree whose values differ by more
    than a threshold. Here the node is a shared context, word for word, and the value of an action the mean reward of
    the trials that took it there (kept or not). The paper mixes in a critic's score, and does not publish threshold
    and mixture: `min_gap` is ours, and a critic is not mixed in.
    """

    name: ClassVar = "sibling_steps"

    min_gap: float = 0.5
    """The two values differ by more than this."""
    min_visits: int = 1
    """Trials of known outcome that must have taken each turn, at least."""
    against: Literal["best", "all"] = "best"
    """Pair the best turn with each worse one, or any two."""
    per_task: int | None = None
    """Pairs of one task at most, the widest gaps first; null means all."""

    def __post_init__(self) -> None:
        """Refuse turns that no trial of known outcome has taken.

        Raises:
            RecipeError: `min_visits` is below 1.
        """
        check_visits(self.min_visits)

    def pair(self, scene: Scene) -> pl.DataFrame:
        """Join the turns of each state with one another."""
        turns = sibling_values(scene).filter(
            (pl.col("visit_count") >= self.min_visits) & pl.col("trajectory_id").is_not_null()
        )
        better = turns
        if self.against == "best":
            better = turns.sort(["value", "message_key"], descending=[True, False]).unique(
                STATE, keep="first", maintain_order=True
            )
        pairs = (
            better.join(turns, on=STATE)
            .with_columns(margin=gap(pl.col("value"), pl.col("value_right")))
            .filter(pl.col("margin") > self.min_gap)
            .rename({"trajectory_id": "chosen_id", "trajectory_id_right": "rejected_id"})
        )
        detail = pl.format(
            "mean reward {} of {} trials against {} of {}",
            pl.col("value").round(4),
            "visit_count",
            pl.col("value_right").round(4),
            "visit_count_right",
        )
        few = balanced(pairs, per_task=self.per_task, per_trajectory=None)
        return turn_pairs(few.with_columns(detail=detail))
