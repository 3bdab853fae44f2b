"""Let every task, group or trajectory weigh the same, and each source what the recipe says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    gives, and no mean over the corpus: so it is the same however the corpus is cut into batches. Sources weigh what they
    should in all when `source_totals` is that weight divided by their kept tasks, groups or trajectories.
    """

    name: ClassVar[str] = "equal_weight"

    per: Literal["trajectory_id", "group_id", "task_id"] = "task_id"
    """What should weigh the same."""
    unit: Literal["message", "character"] = "message"
    """What is summed: weights of trained messages, or weights of trained characters (for trainers that average over
    tokens)."""
    total: float = 1.0
    """The sum, above 0."""
    source_totals: Mapping[str, float] = field(default_factory=dict)
    """The sum for trajectories of a source, by its name, in place of `total`; above 0. When it names any source, what a task
    has from several sources is summed for each of them."""
    named_by: Literal["source_name", "source_format"] = "source_name"
    """The column that the names in `source_totals` are of."""

    def __post_init__(self) -> None:
        """Refuse a sum that trains nothing.

        Raises:
            RecipeError: names it.
        """
        named = {f"source_totals[{name!r}]": value for name, value in self.source_totals.items()}
        for name, value in {"total": self.total, **named}.items():
            if not 0 < value < float("inf"):
                raise RecipeError(f"`{name}` must be above 0, got {value!r}.")

    def apply(self, labels: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        """Scale the weights."""
        weighed = labels.filter("may_train").select("trajectory_id", "seq", share="weight")
        if self.unit == "character":
            counted = trained_chars(labels.filter("may_train"), scene.frames.messages)
            weighed = counted.select("trajectory_id", "seq", share="weighted_chars")
        factors = self._factors(weighed, scene)
        joined = labels.select("trajectory_id").join(
            factors, on="trajectory_id", how="left", maintain_order="left"
        )
        return scale_weights(labels, joined["factor"], TrainReason.WEIGHT_CHANGED)

    def _factors(self, weighed: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        """Give each trajectory what its weights are multiplied with; one that trains nothing has no row."""
        whole = [self.per, "source"] if self.source_totals else [self.per]
        owners = scene.frames.trajectories.select(
            "trajectory_id", "group_id", "task_id", source=self.named_by
        )
        sums = weighed.join(owners, on="trajectory_id").group_by(whole).agg(pl.col("share").sum())
        total = pl.lit(self.total)
        if self.source_totals:
            names, totals = list(self.source_totals), list(self.source_totals.values())
            total = pl.col("source").replace_strict(
                names, totals, default=self.total, return_dtype=pl.Float64
            )
        return owners.join(sums.filter(pl.col("share") > 0), on=whole).select(
            "trajectory_id", factor=total / pl.col("share")
        )
