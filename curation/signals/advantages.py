"""Group advantages of each trajectory."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from curation.frames import Frames
from curation.rewards.advantages import grpo, rloo
from curation.rewards.outcomes import is_trial, scored_reward
from curation.signals.signal import Signal
from schemas.tables import Column
from schemas.tables.declaration import REAL


@dataclass(frozen=True, kw_only=True)
class Advantages(Signal):
    """GRPO and RLOO advantages within the trials of one policy on one task.

    A stored repair is no trial and has none; a recipe that puts it in its parent's place computes the group anew.
    """

    name: ClassVar[str] = "advantages"
    version: ClassVar[str] = "2"
    trajectory_columns: ClassVar[tuple[Column, ...]] = (
        Column(
            name="grpo_advantage",
            type=REAL,
            doc="(reward - mean) / (sample std + 1e-6); null for an unknown outcome, a crash, a repair, an overflow.",
            nullable=True,
        ),
        Column(
            name="rloo_advantage",
            type=REAL,
            doc="reward - mean reward of the group's other trials; null as `grpo_advantage`.",
            nullable=True,
        ),
    )

    def measure(self, frames: Frames) -> dict[str, pl.DataFrame]:
        """Compare each known reward with its group's."""
        reward = pl.col("reward")
        rewards = frames.trajectories.sort("trajectory_id").with_columns(
            reward=pl.when(is_trial()).then(scored_reward())
        )
        return {
            "trajectory": rewards.with_columns(
                grpo_advantage=grpo(reward, group="group_id"),
                rloo_advantage=rloo(reward, group="group_id"),
            )
        }
