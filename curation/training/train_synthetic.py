"""Train what a writer of ours wrote."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from curation.scene import Scene
from curation.training.labels import is_among
from curation.training.loss_rule import LossRule
from curation.training.view import advantages_of
from schemas.errors import RecipeError
from schemas.reasons import TrainReason
from schemas.trajectory import Origin, Relation


@dataclass(frozen=True, kw_only=True)
class TrainSynthetic(LossRule):
    """Trains messages that were written by a generation step of ours: reflections, revisions, rationales.

    Without this rule they are context, as all that the policy did not sample. What a corruption wrote is wrong on purpose
    and is never trained by it.
    """

    name: ClassVar[str] = "train_synthetic"

    weight: float = 1.0
    """Loss weight of these messages, above 0."""

    def __post_init__(self) -> None:
        """Refuse a weight that trains nothing.

        Raises:
            RecipeError: names it.
        """
        if not 0 < self.weight < float("inf"):
            raise RecipeError(f"`weight` must be above 0, got {self.weight!r}.")

    def apply(self, labels: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        """Train them."""
        corrupted = scene.frames.trajectories.filter(pl.col("relation") == Relation.CORRUPTION.value)
        written = scene.frames.messages.filter(
            pl.col("role") == "assistant", pl.col("origin") == Origin.SYNTHETIC.value
        ).join(corrupted, on="trajectory_id", how="anti")
        is_written = is_among(labels, written)
        return labels.with_columns(
            is_trained=pl.col("is_trained") | is_written,
            weight=pl.when(is_written).then(self.weight).otherwise("weight"),
            advantage=pl.when(is_written).then(advantages_of(labels, scene)).otherwise("advantage"),
            reason=pl.when(is_written).then(pl.lit(TrainReason.SYNTHETIC_CHOSEN.value)).otherwise("reason"),
        )
