"""Mask calls that failed."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from curation.scene import Scene
from curation.training.loss_rule import LossRule
from curation.training.masked_calls import mask_calls
from schemas.reasons import TrainReason


@dataclass(frozen=True, kw_only=True)
class MaskFailedCalls(LossRule):
    """Masks calls whose result reports a failure: what led to an error stays in context and is not imitated.

    The mask that AgentRefine (arXiv 2501.01702) puts on erroneous turns, with our detection of failures. A message all of
    whose calls failed is masked whole; of several calls only those that failed. An unanswered call did not fail.
    """

    name: ClassVar[str] = "mask_failed_calls"

    kinds: tuple[str, ...] = ()
    """Kinds of failure (`error_kind`, see the signal `failures`) to mask; none named: all."""

    def apply(self, labels: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        """Mask the failed calls."""
        failed = scene.frames.calls.filter(pl.col("error_kind").is_not_null())
        if self.kinds:
            failed = failed.filter(pl.col("error_kind").is_in(self.kinds))
        return mask_calls(labels, scene.frames, failed, TrainReason.CALL_FAILED)
