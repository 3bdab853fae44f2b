"""Outcomes: which trials succeed, and how the trials of a group came out."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from curation.frames import Frames
from curation.rewards.outcomes import finite, is_success, is_trial, scored_reward
from curation.signals.signal import Signal
from schemas.tables import Column
from schemas.tables.declaration import FLAG, INTEGER, REAL


@dataclass(frozen=True, kw_only=True)
class Outcomes(Signal):
    """Success of each trajectory, and pass rate and rewards of its group; only attempts count as trials."""

    name: ClassVar[str] = "outcomes"
    version: ClassVar[str] = "3"
    trajectory_columns: ClassVar[tuple[Column, ...]] = (
        Column(
            name="is_success",
            type=FLAG,
            doc="True when the reward reaches `success_reward`; null when it is unknown or the environment broke.",
            nullable=True,
        ),
    )
    group_columns: ClassVar[tuple[Column, ...]] = (
        Column(name="trial_count", type=INTEGER, doc="Trials of the group.", minimum=0),
        Column(name="scored_trial_count", type=INTEGER, doc="Those with a known outcome.", minimum=0),
        Column(name="success_count", type=INTEGER, doc="Those that succeed.", minimum=0),
        Column(
            name="pass_rate",
            type=REAL,
            doc="success_count / scored_trial_count; null when no outcome is known.",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
        Column(name="is_mixed", type=FLAG, doc="True when some scored trials succeed and some do not."),
        Column(
            name="reward_mean",
            type=REAL,
            doc="Mean of the known rewards; null when none is known, or they overflow.",
            nullable=True,
        ),
        Column(
            name="reward_std",
            type=REAL,
            doc="Their sample standard deviation (n - 1); null with fewer than two, or when they overflow.",
            nullable=True,
            minimum=0,
        ),
    )

    success_reward: float = 1.0
    """Least reward of a success."""

    def measure(self, frames: Frames) -> dict[str, pl.DataFrame]:
        """Judge each trajectory, then sum up the trials of each group."""
        judged = frames.trajectories.sort("trajectory_id").select(
            "trajectory_id",
            "bucket",
            "group_id",
            is_success=is_success(self.success_reward),
            is_trial=is_trial(),
            reward=pl.when(is_trial()).then(scored_reward()),
        )
        success = pl.col("is_success") & pl.col("is_trial")
        groups = judged.group_by("group_id", maintain_order=True).agg(
            pl.col("bucket").first(),
            trial_count=pl.col("is_trial").sum(),
            scored_trial_count=pl.col("reward").count(),
            success_count=success.sum(),
            reward_mean=finite(pl.col("reward").mean()),
            reward_std=finite(pl.col("reward").std()),
        )
        scored, successes = pl.col("scored_trial_count"), pl.col("success_count")
        return {
            "trajectory": judged,
            "group": groups.with_columns(
                pass_rate=pl.when(scored > 0).then(successes / scored),
                is_mixed=(successes > 0) & (successes < scored),
            ),
        }
