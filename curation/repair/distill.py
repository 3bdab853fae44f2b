"""Take the guidance out of a continuation, so that what it led to is learned without it: R3L's "distill" copy."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import polars as pl

from curation.frames import Frames
from curation.repair.repair import PlacedRepair
from schemas.trajectory import Message, Origin, Relation, Role, Trajectory


@dataclass(frozen=True, kw_only=True)
class Distill(PlacedRepair):
    """Takes injected system messages out of branches: the guidance that a replay request gave.

    Published (github.com/shiweijiezero/R3L): the retry is sampled with the guidance in view, and a copy with the same
    responses and without it is trained. All other words stay as they are, origins included; reward and status are the
    parent's.
    """

    name: ClassVar[str] = "distill"
    version: ClassVar[str] = "1"

    def find(self, frames: Frames) -> pl.DataFrame:
        """Give the guidance of each branch: `seq`."""
        branches = frames.trajectories.filter(pl.col("relation") == Relation.BRANCH.value)
        is_guidance = (pl.col("role") == Role.SYSTEM.value) & (pl.col("origin") == Origin.INJECTED.value)
        found = frames.messages.filter(is_guidance).join(branches, on="trajectory_id", how="semi")
        return found.select("trajectory_id", "seq").sort("trajectory_id", "seq")

    def rewrite(self, trajectory: Trajectory, places: list[dict[str, Any]]) -> Sequence[Message]:
        """Leave it out."""
        guidance = {place["seq"] for place in places}
        return [message for message in trajectory.messages if message.seq not in guidance]
