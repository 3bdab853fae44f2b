"""Restart failures of a good policy from states along the way, as EEF does (arXiv 2504.13145)."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from curation.frames import Frames
from curation.replay.strategy import ReplayStrategy, failures, sampled_turns


@dataclass(frozen=True, kw_only=True)
class Restarts(ReplayStrategy):
    """Asks to go on from M states at even distances along each failed trial.

    Published: where an earlier state leads to success and a later one does not, what the policy did in between is
    harmful, and the loss rule `mask_harmful_actions` masks it. How many states, and which trials, is not published: M and
    the spacing, floor(i * turns / (M + 1)) for i = 1..M, are a *reconstruction*. State 0 is a new trial, and not asked for.
    """

    name: ClassVar[str] = "restarts"
    version: ClassVar[str] = "1"
    published_as: ClassVar[str] = "EEF, arXiv 2504.13145: restarts of failed expert trajectories"

    per_trajectory: int | None = 4
    """M: states of one trajectory; null: before each turn but the first. 4 is ours."""
    success_reward: float = 1.0
    """Least reward of a success."""
    models: tuple[str, ...] = ()
    """Models whose failures are restarted, the paper's experts; empty: all."""

    def find(self, frames: Frames) -> pl.DataFrame:
        """Find the turns before which to restart."""
        failed = failures(frames, success_reward=self.success_reward)
        if self.models:
            failed = failed.filter(pl.col("model").is_in(self.models))
        turns = sampled_turns(frames).join(failed, on="trajectory_id", how="semi")
        states = turns.group_by("trajectory_id").agg(turn_count=pl.len().cast(pl.Int64))
        parts = pl.col("turn_count") if self.per_trajectory is None else pl.lit(self.per_trajectory + 1)
        chosen = (
            states.with_columns(parts=parts.cast(pl.Int64))
            .with_columns(part=pl.int_ranges(1, "parts", dtype=pl.Int64))
            .explode("part")
            .select("trajectory_id", turn=pl.col("part") * pl.col("turn_count") // pl.col("parts"))
            .filter(pl.col("turn") > 0)
            .unique()
        )
        nothing = pl.lit(None, pl.String)
        return turns.join(chosen, on=["trajectory_id", "turn"]).with_columns(
            end_seq=pl.lit(None, pl.Int64), error=nothing, partner_id=nothing
        )
