"""Pairs of whole trajectories of one task."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import polars as pl

from curation.pairs.balance import balanced
from curation.pairs.rule import PairRule
from curation.rewards.outcomes import gap, is_own_doing
from curation.scene import Scene
from schemas.errors import RecipeError

SIDES = ("chosen", "rejected")


@dataclass(frozen=True, kw_only=True)
class TrajectoryPairs(PairRule):
    """Pairs trajectories of one task of which one has the better reward, quality or length.

    Both have the same prompt, word for word. A trajectory whose environment broke takes part in no pair: what became of it
    is not the policy's doing. By default they are told apart by reward; `by: step_count`,
    `higher_is_better: false`, `among: is_success` prefers the shorter of two successes. With `per_task` and
    `per_trajectory` null every pair is made: the pairs of one `set_id` are then a contrast set, the successes of a
    prompt against its failures, as in A3T (ReAct meets ActRe, arXiv 2403.14589).
    """

    name: ClassVar = "trajectory_pairs"

    by: str = "outcome_reward"
    """Candidate column whose difference decides, and is the margin; a null takes part in no pair."""
    higher_is_better: bool = True
    min_margin: float = 0.0
    """Least difference of the two; a difference of 0 never makes a pair."""
    among: str | None = None
    """Candidate column that must be equal on both sides and not null; null means any."""
    context: Literal["prompt", "longest"] = "prompt"
    """What both go on from: what was said before the policy's first word, or all up to the first turn where they
    differ (the prompt, where it is no turn of the policy in which they first differ)."""
    per_task: int | None = 4
    """Pairs of one task at most, the widest margins first; null means all."""
    per_trajectory: int | None = 1
    """Pairs that one trajectory takes part in at most; null means all."""

    def __post_init__(self) -> None:
        """Refuse a margin below 0.

        Raises:
            RecipeError: `min_margin` is negative.
        """
        if self.min_margin < 0:
            raise RecipeError(f"`min_margin` must be 0 or more, got {self.min_margin!r}.")

    @property
    def columns_needed(self) -> tuple[str, ...]:
        """The column that decides, the one that must be equal, and how each trajectory ended."""
        return tuple(name for name in (self.by, self.among, "status") if name is not None)

    def pair(self, scene: Scene) -> pl.DataFrame:
        """Join the trajectories of each task and prompt with one another, and choose."""
        pairs = self._ranked(scene)
        chosen = balanced(pairs, per_task=self.per_task, per_trajectory=self.per_trajectory)
        if self.context == "longest":
            chosen = _with_longest_context(chosen, scene)
        detail = pl.format("{} {} against {}", pl.lit(self.by), "value", "value_right")
        return chosen.with_columns(
            detail=detail,
            context=pl.concat_str(
                [pl.min_horizontal("chosen_id", "rejected_id"), "context_count"], separator=" "
            )
            if self.context == "longest"
            else pl.concat_str(["prompt_key", "context_count"], separator=" "),
        )

    def _ranked(self, scene: Scene) -> pl.DataFrame:
        value = pl.col(self.by).cast(pl.Float64)
        sides = (
            scene.kept.filter(is_own_doing())
            .select(
                "trajectory_id",
                value=value,
                among=pl.lit("") if self.among is None else pl.col(self.among).cast(pl.String),
            )
            .drop_nulls()
            .join(scene.spans_of_talk, on="trajectory_id")
        )
        keys = ["task_id", "prompt_key", "prompt_count", "among"]
        sign = 1 if self.higher_is_better else -1
        margin = sign * gap(pl.col("value"), pl.col("value_right"))
        return (
            sides.join(sides, on=keys)
            .with_columns(margin=margin)
            .filter((pl.col("margin") > 0) & (pl.col("margin") >= self.min_margin))
            .rename(
                {
                    "trajectory_id": "chosen_id",
                    "trajectory_id_right": "rejected_id",
                    "until": "chosen_until",
                    "until_right": "rejected_until",
                    "prompt_count": "context_count",
                }
            )
        )


def _with_longest_context(pairs: pl.DataFrame, scene: Scene) -> pl.DataFrame:
    """Move the end of each pair's context to the turn in which its sides first differ."""
    words = scene.contexts.select("trajectory_id", "seq", "message_key", "role")
    places = pairs.select("chosen_id", "rejected_id").join(
        words, left_on="chosen_id", right_on="trajectory_id"
    )
    differing = (
        places.join(
            words, left_on=["rejected_id", "seq"], right_on=["trajectory_id", "seq"], suffix="_rejected"
        )
        .filter(pl.col("message_key") != pl.col("message_key_rejected"))
        .sort("seq")
        .unique(["chosen_id", "rejected_id"], keep="first")
    )
    is_turn = (pl.col("role") == "assistant") & (pl.col("role_rejected") == "assistant")
    longest = differing.filter(is_turn).select("chosen_id", "rejected_id", longest="seq")
    return pairs.join(longest, on=["chosen_id", "rejected_id"], how="left").with_columns(
        context_count=pl.max_horizontal("context_count", "longest")
    )
