"""Failed calls: how many, which kind, and whether the agent got over them."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from curation.frames import Frames
from curation.signals.signal import Signal
from curation.tool_errors import error_kinds
from schemas.tables import Column
from schemas.tables.declaration import FLAG, INTEGER, REAL, STRING


@dataclass(frozen=True, kw_only=True)
class Failures(Signal):
    """Calls whose result reports a failure, the environment's failures included.

    After Signals (arXiv 2604.00356), Execution.failure; `curation.tool_errors` says where and why it departs.
    """

    name: ClassVar[str] = "failures"
    version: ClassVar[str] = "1"
    trajectory_columns: ClassVar[tuple[Column, ...]] = (
        Column(name="call_count", type=INTEGER, doc="Tool calls.", minimum=0),
        Column(
            name="failed_call_count", type=INTEGER, doc="Calls whose result reports a failure.", minimum=0
        ),
        Column(
            name="failed_call_frac",
            type=REAL,
            doc="failed_call_count / call_count; null without a call.",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
        Column(
            name="recovered_failure_count",
            type=INTEGER,
            doc="Failed calls after which, in a later step, a call of the same tool succeeds.",
            minimum=0,
        ),
        Column(
            name="ends_in_failure", type=FLAG, doc="True when the last call failed; false without a call."
        ),
    )
    step_columns: ClassVar[tuple[Column, ...]] = (
        Column(name="failed_call_count", type=INTEGER, doc="Failed calls of the step.", minimum=0),
        Column(name="is_failed", type=FLAG, doc="True when a call of the step failed."),
        Column(
            name="error_kind",
            type=STRING,
            doc="Kind of the step's first failure, see `curation.lexicons`; null when none failed.",
            nullable=True,
        ),
    )

    anywhere: bool = False
    """Also take a phrase of a family anywhere in a result for a failure, as published."""

    def measure(self, frames: Frames) -> dict[str, pl.DataFrame]:
        """Count failed calls per trajectory and per step."""
        calls = frames.calls
        if self.anywhere:
            calls = calls.with_columns(error_kind=error_kinds(calls["result"], anywhere=True))
        judged = calls.with_columns(
            is_failed=pl.col("error_kind").is_not_null(),
            is_answered=pl.col("result_seq").is_not_null(),
        )
        return {"trajectory": self._by_trajectory(frames, judged), "step": self._by_step(frames, judged)}

    def _by_trajectory(self, frames: Frames, calls: pl.DataFrame) -> pl.DataFrame:
        success_step = pl.when(pl.col("is_answered") & ~pl.col("is_failed")).then("step")
        last_success = success_step.max().over("trajectory_id", "name")
        counted = (
            calls.with_columns(is_recovered=pl.col("is_failed") & (pl.col("step") < last_success))
            .group_by("trajectory_id", maintain_order=True)
            .agg(
                call_count=pl.len(),
                failed_call_count=pl.col("is_failed").sum(),
                failed_call_frac=pl.col("is_failed").mean(),
                recovered_failure_count=pl.col("is_recovered").sum(),
                ends_in_failure=pl.col("is_failed").last(),
            )
        )
        return (
            frames.trajectories.select("trajectory_id", "bucket")
            .join(counted, on="trajectory_id", how="left")
            .with_columns(
                pl.col("call_count", "failed_call_count", "recovered_failure_count").fill_null(0),
                pl.col("ends_in_failure").fill_null(value=False),
            )
        )

    def _by_step(self, frames: Frames, calls: pl.DataFrame) -> pl.DataFrame:
        counted = (
            calls.filter("is_failed")
            .group_by("trajectory_id", "step", maintain_order=True)
            .agg(failed_call_count=pl.len(), error_kind=pl.col("error_kind").first())
        )
        return (
            frames.steps.select("trajectory_id", "bucket", "step")
            .join(counted, on=["trajectory_id", "step"], how="left")
            .with_columns(
                pl.col("failed_call_count").fill_null(0), is_failed=pl.col("failed_call_count").is_not_null()
            )
        )
