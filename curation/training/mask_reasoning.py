"""Mask reasoning."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from curation.scene import Scene
from curation.training.labels import mask_spans
from curation.training.loss_rule import LossRule
from curation.training.step_facts import step_facts
from schemas.errors import RecipeError
from schemas.reasons import TrainReason


@dataclass(frozen=True, kw_only=True)
class MaskReasoning(LossRule):
    """Masks the reasoning of turns; words and calls stay trained.

    For policies that act without thinking aloud, and for chat templates that drop reasoning of all turns but the last.
    Reasoning that a source wrote into the words (`<think>`) is for `mask_text_matching`.
    """

    name: ClassVar[str] = "mask_reasoning"

    keep_last: int = 0
    """Turns at the end of each trajectory whose reasoning stays trained, 0 or more."""

    def __post_init__(self) -> None:
        """Refuse a negative count.

        Raises:
            RecipeError: names it.
        """
        if self.keep_last < 0:
            raise RecipeError(f"`keep_last` must be 0 or more, got {self.keep_last}.")

    def apply(self, labels: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        """Mask the whole reasoning."""
        reasons = pl.col("reasoning").str.len_chars() > 0
        earlier = step_facts(scene, ["steps_left"]).filter(pl.col("steps_left") >= self.keep_last)
        thoughts = scene.frames.messages.filter(reasons).join(
            earlier, on=["trajectory_id", "seq"], how="semi"
        )
        spans = thoughts.select(
            "trajectory_id",
            "seq",
            part=pl.lit("reasoning"),
            call=pl.lit(None, pl.Int64),
            begin=pl.lit(0, pl.Int64),
            end=pl.lit(None, pl.Int64),
        )
        return mask_spans(labels, spans, TrainReason.REASONING_MASKED)
