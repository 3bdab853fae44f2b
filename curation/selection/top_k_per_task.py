"""Keep the best few of each task."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import polars as pl

from curation.selection.selector import Selector, because
from curation.topology.score import weighted_score
from schemas.errors import RecipeError
from schemas.reasons import DecisionReason

METRICS = ("diversity", "efficiency", "recovery", "success_potential_mean")
"""Metrics that can be weighed."""

DEFAULT_WEIGHTS = {"efficiency": 2.0, "recovery": 1.0}
"""Ours: none are published."""

GROUPINGS = ("group_id", "task_id")


@dataclass(frozen=True, kw_only=True)
class TopKPerTask(Selector):
    """Keeps the `k` trajectories of each task with the highest weighted topology score.

    Each metric is placed between the least and the greatest of the task's candidates; what has no metric is placed in
    the middle. Ties go to the smaller `trajectory_id`. After TopoCurate (arXiv 2603.01714), a reconstruction.
    """

    name: ClassVar[str] = "top_k_per_task"

    k: int = 1
    """Trajectories kept per task, at least 1."""
    weights: Mapping[str, float] = field(default_factory=DEFAULT_WEIGHTS.copy)
    """Weight per metric, 0 or more."""
    group_by: str = "task_id"
    """What shares the `k` places: `task_id`, or `group_id` (one policy on one task)."""

    def __post_init__(self) -> None:
        """Refuse parameters that rank nothing.

        Raises:
            RecipeError: see the message.
        """
        if self.k < 1:
            raise RecipeError(f"`k` of {self.name!r} must be 1 or more, got {self.k!r}.")
        if self.group_by not in GROUPINGS:
            raise RecipeError(f"`group_by` must be one of {', '.join(GROUPINGS)}, got {self.group_by!r}.")
        unknown = sorted(set(self.weights) - set(METRICS))
        if unknown:
            raise RecipeError(
                f"`weights` has unknown metrics: {', '.join(unknown)}. Known metrics: {', '.join(METRICS)}"
            )
        if min(self.weights.values(), default=0) < 0 or sum(self.weights.values()) <= 0:
            raise RecipeError(f"`weights` must be 0 or more and not all 0, got {dict(self.weights)!r}.")

    @property
    def columns_needed(self) -> tuple[str, ...]:
        """Name the grouping and the metrics."""
        return (self.group_by, *sorted(self.weights))

    def judge(self, candidates: pl.DataFrame) -> pl.DataFrame:
        """Rank the candidates of each task."""
        scored = candidates.with_columns(score=weighted_score(self.weights, group=self.group_by))
        ranked = scored.with_columns(
            rank=pl.col("score").rank("ordinal", descending=True).over(self.group_by),
            rival_count=pl.len().over(self.group_by),
        )
        return ranked.with_columns(
            is_kept=pl.col("rank") <= self.k,
            reason=because(DecisionReason.BELOW_TOP_K),
            detail=pl.format(
                "rank {} of {}, score {}, k={}",
                "rank",
                "rival_count",
                pl.col("score").round(4),
                pl.lit(self.k),
            ),
        )
