"""Mask the actions of failed trials after which restarts no longer succeed."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from curation.scene import Scene
from curation.training.labels import is_among, mask_messages
from curation.training.loss_rule import LossRule
from curation.training.restarts import restarts
from schemas.reasons import TrainReason


@dataclass(frozen=True, kw_only=True)
class MaskHarmfulActions(LossRule):
    """Masks the actions of failed trials between a state that a restart solves and a later one that none solves.

    The benefit analysis of EEF (arXiv 2504.13145): of a failed expert trial some states are rolled out again; where an
    earlier state leads to success and a later one does not, the actions between did harm. Restarts that succeed train
    their own words, which is the way back from an important state. How many states, and the budget, are unpublished: all
    restarts that are there count, and a state succeeds when one of its restarts does (ours).
    """

    name: ClassVar[str] = "mask_harmful_actions"

    success_reward: float = 1.0
    """Least reward of a success."""
    end_counts: bool = False
    """Also take the end of the failed trial for a state that does not succeed (ours)."""
    keep_failed_restarts: bool = False
    """Train also restarts that failed."""

    def apply(self, labels: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        """Mask harmful actions, and failed restarts."""
        found = restarts(scene.frames, success_reward=self.success_reward).filter(
            ~pl.col("parent_is_success")
        )
        harm = self._stretches(found, scene)
        messages = labels.select("trajectory_id", "seq").join(harm, on="trajectory_id")
        harmful = messages.filter(pl.col("seq").is_between("begin", "end", closed="left"))
        masked = mask_messages(labels, is_among(labels, harmful), TrainReason.ACTION_HARMFUL)
        if self.keep_failed_restarts:
            return masked
        failed = found.filter(~pl.col("is_success"))["trajectory_id"]
        is_failed = pl.col("trajectory_id").is_in(failed.implode())
        return mask_messages(masked, is_failed, TrainReason.RESTART_FAILED)

    def _stretches(self, found: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        """Give `trajectory_id`, `begin` and `end` of the harmful messages of each failed trial."""
        states = found.drop_nulls("is_success").group_by("parent_id", "seq").agg(pl.col("is_success").any())
        if self.end_counts:
            failed = scene.frames.trajectories.join(
                found, left_on="trajectory_id", right_on="parent_id", how="semi"
            )
            ends = failed.select(
                parent_id="trajectory_id", seq="message_count", is_success=pl.lit(value=False)
            )
            states = pl.concat([states, ends])
        following = pl.col("seq", "is_success").shift(-1).over("parent_id").name.prefix("next_")
        ordered = states.sort("parent_id", "seq", "is_success").with_columns(following)
        return ordered.filter(pl.col("is_success"), ~pl.col("next_is_success")).select(
            trajectory_id="parent_id", begin="seq", end="next_seq"
        )
