"""Set the advantages of trajectories."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import polars as pl

from curation.rewards.advantages import grpo, rloo
from curation.rewards.outcomes import is_trial, scored_reward
from curation.rewards.pivotal import opmd
from curation.scene import Scene
from curation.training.labels import set_advantages
from curation.training.loss_rule import LossRule
from schemas.errors import RecipeError
from schemas.reasons import TrainReason

FORMULAS = {"grpo": grpo, "rloo": rloo, "mean": opmd}


@dataclass(frozen=True, kw_only=True)
class Advantage(LossRule):
    """Sets the advantage of each trajectory: by a formula over the rewards of its group, or from a column.

    Definitions as GRPO and RLOO trainers share them. The group is whole, kept or not: an advantage compares with what the
    policy does, not with what a recipe likes. Without a known reward, or for what is no trial, it is unknown.
    """

    name: ClassVar[str] = "advantage"

    formula: Literal["grpo", "rloo", "mean"] = "grpo"
    """`grpo`: (r - mean) / (std + 1e-6); `rloo`: r - mean of the others; `mean`: r - mean."""
    group_by: Literal["group_id", "task_id"] = "group_id"
    """Trials of one policy on one task, or of all policies on it."""
    column: str | None = None
    """A column of trajectories with the advantage; then there is no formula."""

    @property
    def columns_needed(self) -> tuple[str, ...]:
        """Name the column."""
        return () if self.column is None else (self.column,)

    def apply(self, labels: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        """Set the advantage of all trained messages of a trajectory."""
        known = self._computed(scene) if self.column is None else self._read(scene, self.column)
        joined = labels.select("trajectory_id").join(
            known, on="trajectory_id", how="left", maintain_order="left"
        )
        return set_advantages(labels, joined["value"], TrainReason.ADVANTAGE_RECOMPUTED)

    def _computed(self, scene: Scene) -> pl.DataFrame:
        trials = scene.frames.trajectories.filter(is_trial()).sort("trajectory_id")
        rewards = trials.with_columns(reward=scored_reward())
        value = FORMULAS[self.formula](pl.col("reward"), group=self.group_by)
        return rewards.select("trajectory_id", value=value)

    @staticmethod
    def _read(scene: Scene, column: str) -> pl.DataFrame:
        kind = scene.kept.schema[column]
        if not kind.is_numeric():
            raise RecipeError(f"`column` must be of numbers, but {column!r} is of {kind}.")
        return scene.kept.select("trajectory_id", value=pl.col(column).cast(pl.Float64))
