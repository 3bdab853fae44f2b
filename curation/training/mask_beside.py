"""Mask what comes before, or after, a place."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from curation.scene import Scene
from curation.training.labels import mask_messages
from curation.training.places import RuleOfPlace
from schemas.reasons import TrainReason


@dataclass(frozen=True, kw_only=True)
class MaskBefore(RuleOfPlace):
    """Masks what comes before a place; a trajectory without the place is not changed.

    Before its divergence a failure does what a success does too, so that its outcome says nothing of these steps.
    """

    name: ClassVar[str] = "mask_before"

    def apply(self, labels: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        """Mask these messages."""
        place = place_of(labels, self.places(scene))
        is_before = labels["seq"] <= place if self.include_place else labels["seq"] < place
        return mask_messages(labels, is_before.fill_null(value=False), TrainReason.BEFORE_CHOSEN_PLACE)


@dataclass(frozen=True, kw_only=True)
class MaskAfter(RuleOfPlace):
    """Masks what comes after a place; a trajectory without the place is not changed.

    With `place: goal`: what is done after the goal was met. With `place: divergence, include_place: true`: all of a
    failure from its first step that the nearest success does not do.
    """

    name: ClassVar[str] = "mask_after"

    def apply(self, labels: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        """Mask these messages."""
        place = place_of(labels, self.places(scene))
        is_after = labels["seq"] >= place if self.include_place else labels["seq"] > place
        return mask_messages(labels, is_after.fill_null(value=False), TrainReason.AFTER_CHOSEN_PLACE)


def place_of(labels: pl.DataFrame, places: pl.DataFrame) -> pl.Series:
    """Give each label the place in its trajectory; null without one."""
    named = places.select("trajectory_id", place="seq")
    joined = labels.select("trajectory_id").join(named, on="trajectory_id", how="left", maintain_order="left")
    return joined["place"]
