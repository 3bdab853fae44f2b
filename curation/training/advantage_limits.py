"""Refine advantages: clip them, or train only what is better than its group."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import polars as pl

from curation.scene import Scene
from curation.training.labels import mask_messages, scale_weights
from curation.training.loss_rule import LossRule
from curation.training.view import trains_anything
from schemas.errors import RecipeError
from schemas.reasons import TrainReason


@dataclass(frozen=True, kw_only=True)
class ClipAdvantage(LossRule):
    """Clips advantages to a range; an unknown one stays unknown."""

    name: ClassVar[str] = "clip_advantage"

    low: float = -1.0
    """Least advantage."""
    high: float = 1.0
    """Greatest advantage."""

    def __post_init__(self) -> None:
        """Refuse an empty range.

        Raises:
            RecipeError: names it.
        """
        if not self.low <= self.high:
            raise RecipeError(f"`low` must not be above `high`, got {self.low!r} and {self.high!r}.")

    def apply(self, labels: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        """Clip what is outside."""
        del scene
        is_outside = trains_anything() & ~pl.col("advantage").is_between(self.low, self.high)
        return labels.with_columns(
            advantage=pl.col("advantage").clip(self.low, self.high),
            reason=pl.when(is_outside).then(pl.lit(TrainReason.ADVANTAGE_CLIPPED.value)).otherwise("reason"),
        )


@dataclass(frozen=True, kw_only=True)
class PositiveOnly(LossRule):
    """Masks messages whose advantage is not above 0.

    With `as_weight` the others are weighed by it, for trainers that know weights and no advantages. SPEAR
    (arXiv 2509.22601) imitates only what has a positive advantage.
    """

    name: ClassVar[str] = "positive_only"

    unknown: Literal["mask", "keep"] = "mask"
    """What becomes of a message whose advantage is unknown."""
    as_weight: bool = False
    """Multiply weights by advantages."""

    def apply(self, labels: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        """Mask the others."""
        del scene
        advantage = labels["advantage"]
        masked = mask_messages(
            labels, (advantage <= 0).fill_null(value=False), TrainReason.ADVANTAGE_NOT_POSITIVE
        )
        if self.unknown == "mask":
            masked = mask_messages(masked, advantage.is_null(), TrainReason.ADVANTAGE_UNKNOWN)
        return (
            scale_weights(masked, advantage.clip(0), TrainReason.WEIGHT_CHANGED) if self.as_weight else masked
        )
