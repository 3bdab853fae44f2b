"""Single turns labelled good or bad: process labels."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import polars as pl

from curation.pairs.outcome_labels import evened
from curation.pairs.rule import LabelRule
from curation.pairs.siblings import STATE, check_visits, sibling_values
from curation.rewards.outcomes import gap, is_success, scored_reward
from curation.scene import Scene
from schemas.errors import RecipeError


@dataclass(frozen=True, kw_only=True)
class StepLabels(LabelRule):
    """Labels each turn of the policy in what is kept, by failures of its calls, outcomes, or verdicts on steps.

    `failure`: bad when a call of the turn failed. `outcome`: as good as its trajectory. `value`: the mean reward of
    all trials that took this turn after these words (a Monte Carlo estimate from stored rollouts, ours; no new rollout
    is made), good from `at_least` on. `verdict`: the stored verdict `score` on the step, good from `at_least` on;
    a turn without one has no label.
    """

    name: ClassVar = "step_labels"

    by: Literal["failure", "outcome", "value", "verdict"] = "failure"
    score: str | None = None
    """For `verdict`: name of the score of steps."""
    at_least: float = 0.5
    """For `value` and `verdict`: least value of a good turn."""
    min_visits: int = 1
    """For `value`: trials of known outcome that took the turn, at least."""
    success_reward: float = 1.0
    """For `outcome`: least reward of a success."""
    is_balanced: bool = False
    """True keeps as many good as bad turns of each task, in an order that only ids decide."""

    def __post_init__(self) -> None:
        """Refuse a verdict without its name, and turns that no trial of known outcome has taken.

        Raises:
            RecipeError: `by` is `verdict`, and `score` is not given; or `min_visits` is below 1.
        """
        check_visits(self.min_visits)
        if self.by == "verdict" and self.score is None:
            raise RecipeError("`by: verdict` needs `score`, the name of a score of steps.")

    def label(self, scene: Scene) -> pl.DataFrame:
        """Value the turns, and label those that have a value or a label."""
        kept = scene.kept.select("trajectory_id")
        turns = scene.own_turns.join(kept, on="trajectory_id", how="semi")
        valued = {
            "failure": self._by_failure,
            "outcome": self._by_outcome,
            "value": self._by_value,
            "verdict": self._by_verdict,
        }[self.by](turns, scene)
        labelled = valued.drop_nulls("is_good").with_columns(
            context_count=pl.col("seq"), until=pl.col("seq") + 1
        )
        return evened(labelled) if self.is_balanced else labelled

    def _by_failure(self, turns: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        steps = scene.frames.steps.select("trajectory_id", "seq", "is_error", "error_kind")
        return turns.join(steps, on=["trajectory_id", "seq"]).with_columns(
            is_good=~pl.col("is_error"),
            value=pl.lit(None, pl.Float64),
            detail=pl.format("failure: {}", pl.col("error_kind").fill_null("none")),
        )

    def _by_outcome(self, turns: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        outcomes = scene.kept.select(
            "trajectory_id",
            is_good=is_success(self.success_reward),
            value=scored_reward(),
            detail=pl.format("reward {}", scored_reward()),
        )
        return turns.join(outcomes, on="trajectory_id")

    def _by_value(self, turns: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        values = sibling_values(scene).filter(pl.col("visit_count") >= self.min_visits)
        joined = turns.join(values.drop("trajectory_id"), on=[*STATE, "message_key"])
        return joined.with_columns(
            is_good=gap(pl.col("value"), pl.lit(self.at_least)) >= 0,
            detail=pl.format("mean reward {} of {} trials", pl.col("value").round(4), "visit_count"),
        )

    def _by_verdict(self, turns: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        verdicts = (
            scene.frames.scores.filter((pl.col("scope") == "step") & (pl.col("name") == self.score))
            .group_by("trajectory_id", "step")
            .agg(pl.col("value").mean())
        )
        steps = scene.frames.steps.select("trajectory_id", "seq", "step")
        joined = turns.join(steps, on=["trajectory_id", "seq"]).join(verdicts, on=["trajectory_id", "step"])
        return joined.with_columns(
            is_good=gap(pl.col("value"), pl.lit(self.at_least)) >= 0,
            detail=pl.format("{} {}", pl.lit(self.score), pl.col("value").round(4)),
        )
