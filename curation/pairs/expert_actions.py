"""Pairs of turns of a trusted policy and of others, from one state."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import polars as pl

from curation.pairs.rule import PairRule
from curation.pairs.siblings import STATE, turn_pairs
from curation.scene import Scene
from schemas.errors import RecipeError


@dataclass(frozen=True, kw_only=True)
class ExpertActions(PairRule):
    """Pairs what an expert did in a state with what other policies did in the same one.

    Pairs of an expert's action and the learner's own alternative are what critical training of agents (ACT) learns
    from; which of two equal contexts' actions are paired here is ours: each expert turn with each other turn that says
    something else, where the words before both are the same.
    """

    name: ClassVar = "expert_actions"

    experts: tuple[str, ...]
    """Names of the trusted policies."""
    named_by: Literal["agent", "model", "source_name"] = "model"
    """The column that the names are of."""

    def __post_init__(self) -> None:
        """Refuse a rule without experts.

        Raises:
            RecipeError: `experts` is empty.
        """
        if not self.experts:
            raise RecipeError("`experts` must name at least one policy.")

    @property
    def columns_needed(self) -> tuple[str, ...]:
        """The column that names policies."""
        return (self.named_by,)

    def pair(self, scene: Scene) -> pl.DataFrame:
        """Join the experts' turns with others by the words before them."""
        is_expert = pl.col(self.named_by).is_in(self.experts).fill_null(value=False)
        turns = scene.own_turns.join(
            scene.kept.select("trajectory_id", is_expert=is_expert), on="trajectory_id"
        )
        one_each = turns.sort("trajectory_id").unique(
            [*STATE, "message_key", "is_expert"], keep="first", maintain_order=True
        )
        pairs = (
            one_each.filter("is_expert")
            .join(one_each.filter(~pl.col("is_expert")), on=STATE, suffix="_other")
            .filter(pl.col("message_key") != pl.col("message_key_other"))
        )
        return turn_pairs(
            pairs.rename({"trajectory_id": "chosen_id", "trajectory_id_other": "rejected_id"}).with_columns(
                margin=pl.lit(None), detail=pl.format("expert and other part at message {}", "seq")
            )
        )
