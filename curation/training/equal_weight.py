"""Let every task, group or trajectory weigh the same."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import polars as pl

from curation.scene import Scene
from curation.training.labels import scale_weights
from curation.training.loss_rule import LossRule
from curation.training.trained_chars import trained_chars
from schemas.errors import RecipeError
from schemas.reasons import TrainReason


@dataclass(frozen=True, kw_only=True)
class EqualWeight(LossRule):
    """Scales weights so that each task, group or trajectory has the same sum of weights.

    Ours. A task with many or long trajectories then counts no more than another one. The sum is a number that the recipe
    gives, and no mean over the corpus: so it is the same however the corpus is cut into batches.
    """

    name: ClassVar[str] = "equal_weight"

    per: Literal["trajectory_id", "group_id", "task_id"] = "task_id"
    """What should weigh the same."""
    unit: Literal["message", "character"] = "message"
    """What is summed: weights of trained messages, or weights of trained characters (for trainers that average over
    tokens)."""
    total: float = 1.0
    """The sum, above 0."""

    def __post_init__(self) -> None:
        """Refuse a sum that trains nothing.

        Raises:
            RecipeError: names it.
        """
        if not 0 < self.total < float("inf"):
            raise RecipeError(f"`total` must be above 0, got {self.total!r}.")

    def apply(self, labels: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        """Scale the weights."""
        owners = scene.frames.trajectories.select("trajectory_id", "group_id", "task_id")
        weighed = labels.filter("may_train").select("trajectory_id", "seq", share="weight")
        if self.unit == "character":
            counted = trained_chars(labels.filter("may_train"), scene.frames.messages)
            weighed = counted.select("trajectory_id", "seq", share="weighted_chars")
        sums = weighed.join(owners, on="trajectory_id").group_by(self.per).agg(pl.col("share").sum())
        factors = owners.join(sums.filter(pl.col("share") > 0), on=self.per).select(
            pl.col("trajectory_id"), factor=self.total / pl.col("share")
        )
        joined = labels.select("trajectory_id").join(
            factors, on="trajectory_id", how="left", maintain_order="left"
        )
        return scale_weights(labels, joined["factor"], TrainReason.WEIGHT_CHANGED)
