"""Places in trajectories that loss rules mask up to, or from: one step of a trajectory, or none."""

from dataclasses import dataclass
from typing import Literal

import polars as pl

from curation.rewards.outcomes import REWARD_TOLERANCE
from curation.scene import Scene
from curation.topology.divergence import find_divergences
from curation.training.conditions import StepCondition
from curation.training.loss_rule import LossRule
from curation.training.step_facts import STEP_COLUMNS, STEP_KEY, step_facts
from schemas.errors import RecipeError


@dataclass(frozen=True, kw_only=True)
class RuleOfPlace(LossRule):
    """Base of rules that mask beside a place."""

    place: Literal["divergence", "goal"] | None = None
    """`divergence`: where a failure leaves its nearest success (`curation.topology.divergence`); `goal`: the first step
    with a message whose own reward is that of a success. One of `place` and `first_where` must be given."""
    first_where: str | None = None
    """A condition on steps: the place is the first for which it holds."""
    include_place: bool = False
    """Also mask the place itself."""
    success_reward: float = 1.0
    """Least reward of a success."""

    def __post_init__(self) -> None:
        """Refuse none and both of the two ways to name a place.

        Raises:
            RecipeError: it says both, neither, or what is no condition.
        """
        if (self.place is None) == (self.first_where is None):
            raise RecipeError(f"{self.name!r} takes one of `place` and `first_where`, got both or neither.")
        if self.first_where is not None:
            StepCondition(self.first_where)

    @property
    def columns_needed(self) -> tuple[str, ...]:
        """Name the columns of trajectories in the condition."""
        return StepCondition(self.first_where).trajectory_columns if self.first_where else ()

    @property
    def columns_of_steps(self) -> tuple[str, ...]:
        """Name the columns of steps."""
        return STEP_COLUMNS

    def places(self, scene: Scene) -> pl.DataFrame:
        """Find the places: `trajectory_id` and `seq` of the turn; a trajectory without one has no row."""
        if self.first_where is not None:
            condition = StepCondition(self.first_where)
            steps = condition.steps(step_facts(scene, condition.columns))
        elif self.place == "goal":
            steps = _goal_steps(scene, self.success_reward)
        else:
            steps = _divergences(scene, self.success_reward)
        return steps.group_by("trajectory_id").agg(pl.col("seq").min())


def _goal_steps(scene: Scene, success_reward: float) -> pl.DataFrame:
    """Give the turns whose message, or a message before the next turn, has the reward of a success."""
    turns = scene.frames.steps.select("trajectory_id", "seq").sort("trajectory_id", "seq")
    rewarded = (
        scene.frames.messages.filter(pl.col("reward") >= success_reward - REWARD_TOLERANCE)
        .select("trajectory_id", at="seq")
        .sort("trajectory_id", "at")
    )
    found = rewarded.join_asof(
        turns.with_columns(turn="seq"),
        left_on="at",
        right_on="seq",
        by="trajectory_id",
        check_sortedness=False,
    )
    return found.drop_nulls("turn").select("trajectory_id", seq="turn")


def _divergences(scene: Scene, success_reward: float) -> pl.DataFrame:
    """Give the turns at which failures leave their nearest success, in whichever trajectory holds the turn."""
    found = find_divergences(scene.frames, success_reward=success_reward).drop_nulls("step")
    places = found.select("step", trajectory_id="holder_id").unique()
    return places.join(scene.frames.steps, on=STEP_KEY).select("trajectory_id", "seq")
