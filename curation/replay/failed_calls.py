"""Retry the failed calls that no log can put right, as CLEANER does while it samples (arXiv 2601.15141)."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from curation.frames import Frames
from curation.replay.strategy import ReplayStrategy, sampled_turns


@dataclass(frozen=True, kw_only=True)
class FailedCalls(ReplayStrategy):
    """Asks to retry each turn with a failed call that no later success of the same tool repairs.

    Published, the policy sees the failed call and its error while it tries again, and the new call is then executed where
    the failed one stood: `attempt` of the request is that turn with its results. Failures with a later success need no
    environment: the repair `rollback` takes them back. Three retries are published (K = 3).
    """

    name: ClassVar[str] = "failed_calls"
    version: ClassVar[str] = "1"
    published_as: ClassVar[str] = "CLEANER, arXiv 2601.15141: retry of a failed call"

    budget: int = 3
    """How many retries each request asks for at most; 3 as published."""

    def find(self, frames: Frames) -> pl.DataFrame:
        """Find the turns of failed calls."""
        calls = frames.calls.filter(pl.col("result_seq").is_not_null())
        works = calls.filter(pl.col("error_kind").is_null())
        last = works.group_by("trajectory_id", "name").agg(works_at=pl.col("seq").max())
        failed = calls.filter(pl.col("error_kind").is_not_null()).join(
            last, on=["trajectory_id", "name"], how="left"
        )
        is_repaired = (pl.col("works_at") > pl.col("seq")).fill_null(value=False)
        errors = (
            failed.filter(~is_repaired)
            .sort("trajectory_id", "seq", "call_index")
            .group_by("trajectory_id", "seq", maintain_order=True)
            .agg(error=pl.col("result").first())
        )
        turns = sampled_turns(frames).join(errors, on=["trajectory_id", "seq"])
        return turns.with_columns(partner_id=pl.lit(None, pl.String))
