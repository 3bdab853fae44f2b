"""Mask what was done before."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import polars as pl

from curation.scene import Scene
from curation.training.labels import is_among, mask_messages
from curation.training.loss_rule import LossRule
from curation.training.step_facts import is_repeat
from schemas.reasons import TrainReason

KEYS = {"action": ("action_key",), "action_and_result": ("action_key", "observation_key")}


@dataclass(frozen=True, kw_only=True)
class MaskRepeats(LossRule):
    """Masks steps whose calls came before in the same trajectory; the first time stays trained.

    Ours. Calls are the same when tools and canonical arguments are; turns of words only never repeat.
    """

    name: ClassVar[str] = "mask_repeats"

    same: Literal["action", "action_and_result"] = "action_and_result"
    """What must be the same: with the result, looking again after a change is no repeat."""

    def apply(self, labels: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        """Mask the later ones."""
        steps = scene.frames.steps.sort("trajectory_id", "step").filter(is_repeat(KEYS[self.same]))
        return mask_messages(labels, is_among(labels, steps), TrainReason.ACTION_REPEATED)
