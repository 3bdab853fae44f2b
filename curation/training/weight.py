"""Weigh messages."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from curation.scene import Scene
from curation.training.conditions import StepCondition
from curation.training.labels import scale_weights
from curation.training.loss_rule import LossRule
from curation.training.step_facts import STEP_COLUMNS, is_of_steps, step_facts
from schemas.errors import RecipeError
from schemas.reasons import TrainReason


@dataclass(frozen=True, kw_only=True)
class Weight(LossRule):
    """Multiplies the weight of steps: by a number, where a condition holds, or by a column.

    By origin: `where: origin == 'repaired'`; by outcome: `where: not is_success`; by a signal: `column: efficiency`.
    Several of these rules multiply. A weight of 0 makes context of the message.
    """

    name: ClassVar[str] = "weight"

    factor: float = 1.0
    """0 or more; with a column both are multiplied."""
    where: str | None = None
    """A condition on steps; those for which it is unknown are not weighed."""
    column: str | None = None
    """A column of steps or trajectories; where it is unknown, nothing is multiplied."""
    low: float = 0.0
    """Least value of the column that counts; lesser ones count as this. 0 or more."""
    high: float = 10.0
    """Greatest value of the column that counts."""

    def __post_init__(self) -> None:
        """Refuse weights below 0, and an empty range.

        Raises:
            RecipeError: names the parameter.
        """
        if not 0 <= self.factor < float("inf"):
            raise RecipeError(f"`factor` must be 0 or more, got {self.factor!r}.")
        if not 0 <= self.low <= self.high < float("inf"):
            raise RecipeError(
                f"`low` and `high` must be 0 <= low <= high, got {self.low!r} and {self.high!r}."
            )
        if self.where is not None:
            StepCondition(self.where)

    @property
    def columns_needed(self) -> tuple[str, ...]:
        """Name the columns of trajectories that it reads."""
        named = () if self.column is None or is_of_steps(self.column) else (self.column,)
        return (*named, *(StepCondition(self.where).trajectory_columns if self.where else ()))

    @property
    def columns_of_steps(self) -> tuple[str, ...]:
        """Name the columns of steps."""
        return STEP_COLUMNS

    def apply(self, labels: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        """Multiply."""
        condition = StepCondition(self.where) if self.where else None
        columns = (*(condition.columns if condition else ()), *([self.column] if self.column else []))
        facts = step_facts(scene, columns).with_columns(factor=self._factor())
        weighed = condition.steps(facts) if condition else facts
        joined = labels.select("trajectory_id", "seq").join(
            weighed.select("trajectory_id", "seq", "factor"),
            on=["trajectory_id", "seq"],
            how="left",
            maintain_order="left",
        )
        return scale_weights(labels, joined["factor"], TrainReason.WEIGHT_CHANGED)

    def _factor(self) -> pl.Expr:
        if self.column is None:
            return pl.lit(self.factor)
        return self.factor * pl.col(self.column).cast(pl.Float64).fill_nan(None).clip(self.low, self.high)
