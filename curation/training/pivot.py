"""Train from the pivot on: what two trials do alike is not trained, and advantages are amplified."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import polars as pl

from curation.rewards.advantages import grpo
from curation.rewards.outcomes import is_trial, scored_reward
from curation.rewards.pivotal import Baseline, opmd, pivotal
from curation.scene import Scene
from curation.training.labels import mask_messages, set_advantages
from curation.training.loss_rule import LossRule
from curation.training.mask_beside import place_of
from curation.training.pairs import nearest_success_starts, restart_starts
from curation.training.restarts import find_restarts
from schemas.errors import RecipeError
from schemas.reasons import TrainReason

STARTS = {"restarts": restart_starts, "nearest_success": nearest_success_starts}


@dataclass(frozen=True, kw_only=True)
class Pivot(LossRule):
    """Masks what a trial and its retry do alike, in both, and gives amplified advantages within the group.

    The pivotal credit of R3L, after its code: score = r - b, full rewards get a value of their own, other scores of 0 or
    more are amplified. The group is the trials of one policy on one task and their restarts, kept or not. A trial whose
    reward is unknown has no advantage.
    """

    name: ClassVar[str] = "pivot"

    pairs: Literal["restarts", "nearest_success"] = "restarts"
    """`restarts`: a trial and what was begun again from a step of it; `nearest_success` (ours): each failure of a task,
    and the success that does the same for longest."""
    of_several: Literal["longest", "shortest"] = "longest"
    """Which start is masked in a trial that is in several pairs."""
    baseline: Baseline = "mean"
    """Of the group: its mean, or temperature * (logsumexp(r / temperature) - ln n)."""
    temperature: float = 1.0
    """Of `log_mean_exp`, above 0."""
    scale: Literal["none", "std"] = "none"
    """`none`: the variant `opmd`; `std`: the variant `grpo`, divided by the sample standard deviation + 1e-6, with the
    mean for a baseline."""
    amplify: float = 3.0
    """Factor of scores of 0 or more."""
    perfect_reward: float = 1.0
    """Least full reward; also the least reward of a success."""
    perfect_advantage: float = 1.0
    """Advantage of a full reward: 1 in the code, which makes it worth less than a reward of 0.9; 3 in the paper."""

    def __post_init__(self) -> None:
        """Refuse what cannot be computed.

        Raises:
            RecipeError: names the parameter.
        """
        if self.temperature <= 0:
            raise RecipeError(f"`temperature` must be above 0, got {self.temperature!r}.")
        if self.scale == "std" and self.baseline != "mean":
            raise RecipeError(f"`scale: std` takes the baseline mean, got {self.baseline!r}.")

    def apply(self, labels: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        """Mask the common starts and set the advantages."""
        starts = STARTS[self.pairs](scene.frames, success_reward=self.perfect_reward)
        end = pl.col("end").max() if self.of_several == "longest" else pl.col("end").min()
        shared = place_of(labels, starts.group_by("trajectory_id").agg(seq=end))
        is_shared = (labels["seq"] < shared).fill_null(value=False)
        masked = mask_messages(labels, is_shared, TrainReason.SHARED_WITH_PARTNER)
        advantage = labels.select("trajectory_id").join(
            self.advantages(scene), on="trajectory_id", how="left", maintain_order="left"
        )["advantage"]
        return set_advantages(masked, advantage, TrainReason.ADVANTAGE_RECOMPUTED)

    def advantages(self, scene: Scene) -> pl.DataFrame:
        """Compute `advantage` by `trajectory_id`, for trials and their restarts."""
        restarts = find_restarts(scene.frames)["trajectory_id"]
        is_attempt = is_trial() | pl.col("trajectory_id").is_in(restarts.implode())
        attempts = scene.frames.trajectories.filter(is_attempt).sort("trajectory_id")
        rewards = attempts.select("trajectory_id", "group_id", reward=scored_reward())
        reward = pl.col("reward")
        score = (
            grpo(reward, group="group_id")
            if self.scale == "std"
            else opmd(reward, group="group_id", baseline=self.baseline, temperature=self.temperature)
        )
        return rewards.select(
            "trajectory_id",
            advantage=pivotal(
                reward,
                score,
                amplify=self.amplify,
                perfect_reward=self.perfect_reward,
                perfect_advantage=self.perfect_advantage,
            ),
        )
