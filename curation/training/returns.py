"""Set an advantage per step: what the step earns from there on."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import polars as pl

from curation.rewards.advantages import grpo
from curation.rewards.outcomes import is_trial, scored_reward
from curation.rewards.returns import returns_to_go
from curation.scene import Scene
from curation.training.conditions import StepCondition
from curation.training.labels import is_among, set_advantages
from curation.training.loss_rule import LossRule
from curation.training.step_facts import STEP_COLUMNS, is_of_steps
from curation.training.step_rewards import MESSAGES, OUTCOME, step_rewards
from schemas.errors import RecipeError
from schemas.reasons import TrainReason


@dataclass(frozen=True, kw_only=True)
class Returns(LossRule):
    """Sets the advantage of each turn: its discounted return to go, as it is or compared with the group's.

    WebRL (arXiv 2411.02337) discounts the outcome with 0.9. UI-S1 (arXiv 2509.11543) discounts rewards of steps with 0.5,
    cuts the sum where an action is not the expert's (`cut_where`), compares returns with those of the same step in the
    other trials (`standardise`), and adds the advantage of the whole trial (`trial_weight: 1`).
    """

    name: ClassVar[str] = "returns"

    rewards: str = "outcome"
    """`outcome`: the final reward at the last turn, 0 before; `messages`: the rewards of messages; else a column of steps,
    such as `verdict_NAME`. An unknown reward makes the returns up to it unknown."""
    discount: float = 0.9
    """In [0, 1]."""
    cut_where: str | None = None
    """A condition on columns of steps: such a step has its own reward only, and passes nothing on to those before."""
    standardise: bool = False
    """Compare, as GRPO does, with the returns of the same step in the group's other trials, kept or not."""
    group_by: Literal["group_id", "task_id"] = "group_id"
    """Trials of one policy on one task, or of all policies on it."""
    trial_weight: float = 0.0
    """How much of the GRPO advantage of the whole trial is added."""

    def __post_init__(self) -> None:
        """Refuse what cannot be computed.

        Raises:
            RecipeError: names the parameter.
        """
        if not 0 <= self.discount <= 1:
            raise RecipeError(f"`discount` must be in [0, 1], got {self.discount!r}.")
        if self.rewards not in (OUTCOME, MESSAGES) and not is_of_steps(self.rewards):
            raise RecipeError(
                f"`rewards` must be outcome, messages or a column of steps, got {self.rewards!r}. "
                f"Known columns: {', '.join(STEP_COLUMNS)}, verdict_NAME"
            )
        foreign = StepCondition(self.cut_where).trajectory_columns if self.cut_where else ()
        if foreign:
            raise RecipeError(f"`cut_where` must name columns of steps only, got {', '.join(foreign)}.")

    def apply(self, labels: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        """Set the advantages turn by turn."""
        told = self._advantages(scene).select("trajectory_id", "seq", "value")
        joined = labels.select("trajectory_id", "seq").join(
            told, on=["trajectory_id", "seq"], how="left", maintain_order="left"
        )
        return set_advantages(labels, joined["value"], TrainReason.ADVANTAGE_RECOMPUTED)

    def _advantages(self, scene: Scene) -> pl.DataFrame:
        """Give `trajectory_id`, `seq` and `value` of every own turn; what is no trial is compared with nothing."""
        trials = scene.frames.trajectories.filter(is_trial()).sort("trajectory_id")
        whole = trials.with_columns(reward=scored_reward()).select(
            "trajectory_id", group=self.group_by, trial=grpo(pl.col("reward"), group=self.group_by)
        )
        steps = self._returns(scene).join(whole, on="trajectory_id", how="left", maintain_order="left")
        value = pl.col("value")
        if self.standardise:
            of_trials = pl.when(pl.col("group").is_not_null()).then("value")
            value = grpo(of_trials, group="place")
        if self.trial_weight:
            value += self.trial_weight * pl.col("trial")
        place = pl.concat_str("group", pl.lit(" "), "step")
        return steps.with_columns(place=place).with_columns(value=value)

    def _returns(self, scene: Scene) -> pl.DataFrame:
        condition = StepCondition(self.cut_where) if self.cut_where else None
        steps = step_rewards(scene, self.rewards, condition.columns if condition else ())
        is_cut = None
        if condition:
            cuts = condition.steps(steps)
            steps = steps.with_columns(is_cut=is_among(steps, cuts))
            is_cut = pl.col("is_cut")
        value = returns_to_go(pl.col("reward"), discount=self.discount, of="trajectory_id", is_cut=is_cut)
        return steps.with_columns(value=value)
