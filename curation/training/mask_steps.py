"""Mask the steps that a condition holds for."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from curation.scene import Scene
from curation.training.conditions import StepCondition
from curation.training.labels import is_among, mask_messages
from curation.training.loss_rule import LossRule
from curation.training.step_facts import STEP_COLUMNS, step_facts
from schemas.reasons import TrainReason


@dataclass(frozen=True, kw_only=True)
class MaskSteps(LossRule):
    """Masks the steps that a condition holds for: they stay in context and carry no loss.

    The partial masking of STeP (arXiv 2505.20023), where a teacher says which steps are wrong; step rejection is the
    same. Its criterion is not published: which steps are bad is yours to say, of columns of steps, of signals with step
    columns, of verdicts on steps (`verdict_NAME`), and of trajectories. Masking only what did not succeed:
    `is_error and not is_success`.
    """

    name: ClassVar[str] = "mask_steps"

    where: str
    """The condition; a step for which it is unknown stays trained."""

    def __post_init__(self) -> None:
        """Refuse what is no condition."""
        StepCondition(self.where)

    @property
    def columns_needed(self) -> tuple[str, ...]:
        """Name the columns of trajectories in the condition."""
        return StepCondition(self.where).trajectory_columns

    @property
    def columns_of_steps(self) -> tuple[str, ...]:
        """Name the columns of steps."""
        return STEP_COLUMNS

    def apply(self, labels: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        """Mask the turns of these steps."""
        condition = StepCondition(self.where)
        steps = condition.steps(step_facts(scene, condition.columns))
        return mask_messages(labels, is_among(labels, steps), TrainReason.STEP_MATCHED_MASK)
