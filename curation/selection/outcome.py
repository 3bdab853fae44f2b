"""Keep what earned enough reward."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from curation.rewards.outcomes import is_success
from curation.selection.selector import Selector, because
from schemas.reasons import DecisionReason


@dataclass(frozen=True, kw_only=True)
class Outcome(Selector):
    """Keeps trajectories whose outcome reward is known and reaches `min_reward`."""

    name: ClassVar[str] = "outcome"

    min_reward: float = 1.0
    """Least reward that is kept."""

    @property
    def columns_needed(self) -> tuple[str, ...]:
        """Name reward and status."""
        return ("outcome_reward", "status")

    def judge(self, candidates: pl.DataFrame) -> pl.DataFrame:
        """Compare each reward; a crash of the environment and an unknown reward have reasons of their own."""
        passes = is_success(self.min_reward)
        return candidates.with_columns(
            is_kept=passes.fill_null(value=False),
            reason=pl.when(pl.col("status") == "infra_error")
            .then(because(DecisionReason.INFRASTRUCTURE_FAULT))
            .when(passes.is_null())
            .then(because(DecisionReason.OUTCOME_UNKNOWN))
            .otherwise(because(DecisionReason.BELOW_REWARD_FLOOR)),
            detail=pl.format(
                "outcome_reward={}, min_reward={}, status={}",
                pl.col("outcome_reward").cast(pl.String).fill_null("null"),
                pl.lit(self.min_reward),
                "status",
            ),
        )
