"""What a truncation is: a repair that ends a rollout earlier, between two of its messages."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from curation.frames import Frames
from curation.repair.children import child_of, frames_of, renumbered
from curation.repair.repair import Case, Repair, cases_of
from schemas.trajectory import Trajectory


@dataclass(frozen=True, kw_only=True)
class Truncation(Repair):
    """Base of truncations; the place of a case is the first message that is cut."""

    @abstractmethod
    def ends(self, frames: Frames) -> pl.DataFrame:
        """Find where rollouts end earlier.

        Returns:
            `trajectory_id` and `seq` of the first message that is cut, for those with an agent's turn before and after.
        """

    def cases(self, frames: Frames) -> pl.DataFrame:
        """Name the trajectories that are cut, and where."""
        return cases_of(self.ends(frames))

    def apply_all(self, cases: Sequence[Case]) -> list[Trajectory | None]:
        """Cut each at its place; one that comes without a place gets it from its own words and scores."""
        placeless = {case.trajectory.trajectory_id: case.trajectory for case in cases if case.seq is None}
        found = dict(
            self.ends(frames_of(list(placeless.values()))).select("trajectory_id", "seq").iter_rows()
        )
        return [
            self._cut(
                case.trajectory, found.get(case.trajectory.trajectory_id) if case.seq is None else case.seq
            )
            for case in cases
        ]

    def _cut(self, trajectory: Trajectory, seq: int | None) -> Trajectory | None:
        if seq is None:
            return None
        return child_of(trajectory, renumbered(trajectory.messages[:seq]), rule=f"{self.rule} at {seq}")
