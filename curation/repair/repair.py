"""What a repair is: a rule that makes a better trajectory from a trajectory, as a new one that points at its parent."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import polars as pl

from curation.described import Identified
from curation.frames import Frames
from curation.repair.children import child_of, frames_of, renumbered
from schemas.trajectory import Message, Trajectory

CASE_SCHEMA = pl.Schema(
    {"trajectory_id": pl.String, "partner_id": pl.String, "seq": pl.Int64, "partner_seq": pl.Int64}
)
"""What `cases` gives: what to repair; another trajectory of the same task that the repair needs (null: none); and the
places in both that it found, `seq` of messages (null: `apply_all` finds its own)."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One trajectory to repair."""

    trajectory: Trajectory
    partner: Trajectory | None = None
    """Another trajectory of the task; null when the repair needs none."""
    seq: int | None = None
    """Place in the trajectory, a meaning of the repair's own; null when it has none."""
    partner_seq: int | None = None
    """Place in the partner."""


@dataclass(frozen=True, kw_only=True)
class Repair(Identified, ABC):
    """Base of all repairs; a member's fields are the parameters that a recipe may give."""

    name: ClassVar[str]
    version: ClassVar[str]
    """A change of what is written changes this, and with it the ids of the repairs."""
    replaces_parent: ClassVar[bool] = True
    """True when the child takes its parent's place, as a trial with the parent's outcome. False when it stands beside
    the parent: no trial, so that group figures and graphs do not count a success that nobody rolled out."""

    @abstractmethod
    def cases(self, frames: Frames) -> pl.DataFrame:
        """Find what `apply_all` would change in a bucket; columnar, no record is built.

        Returns:
            One row per trajectory, under `CASE_SCHEMA`, sorted by `trajectory_id`.
        """

    @abstractmethod
    def apply_all(self, cases: Sequence[Case]) -> list[Trajectory | None]:
        """Repair each case for itself, in order; together, so that columnar work is done once for all.

        Returns:
            Per case the repaired trajectory, or null when there is nothing to repair. Repairing twice equals once. A
            child that depends on a partner names it, and the places, in its `repair_rule`: that is its identity.
        """

    def apply(
        self, trajectory: Trajectory, partner: Trajectory | None = None, **places: int | None
    ) -> Trajectory | None:
        """Repair one trajectory; null when there is nothing to repair."""
        return self.apply_all([Case(trajectory=trajectory, partner=partner, **places)])[0]


@dataclass(frozen=True, kw_only=True)
class PlacedRepair(Repair):
    """Base of repairs that look at one trajectory alone: `find` says where, `rewrite` does it, `cases` follows."""

    @abstractmethod
    def find(self, frames: Frames) -> pl.DataFrame:
        """Find every place that changes; columnar.

        Returns:
            One row per place, sorted: `trajectory_id`, and columns of the repair's own.
        """

    @abstractmethod
    def rewrite(self, trajectory: Trajectory, places: list[dict[str, Any]]) -> Sequence[Message]:
        """Give the messages that stay, as they become, each under its old number.

        Args:
            trajectory: what is repaired.
            places: its rows of `find`, at least one.
        """

    def cases(self, frames: Frames) -> pl.DataFrame:
        """Name the trajectories with a place that changes."""
        return cases_of(self.find(frames).select("trajectory_id").unique())

    def apply_all(self, cases: Sequence[Case]) -> list[Trajectory | None]:
        """Find the places of all, and rewrite each."""
        distinct = {case.trajectory.trajectory_id: case.trajectory for case in cases}
        found = self.find(frames_of(list(distinct.values()))).partition_by("trajectory_id", as_dict=True)
        places = {name: rows.to_dicts() for (name,), rows in found.items()}
        return [
            self._child(case.trajectory, places[name])
            if (name := case.trajectory.trajectory_id) in places
            else None
            for case in cases
        ]

    def _child(self, trajectory: Trajectory, places: list[dict[str, Any]]) -> Trajectory:
        messages = renumbered(self.rewrite(trajectory, places))
        return child_of(trajectory, messages, rule=self.rule)


def cases_of(found: pl.DataFrame) -> pl.DataFrame:
    """Give one row per trajectory under `CASE_SCHEMA`; a column that is not there is null."""
    return found.select(
        (pl.col(name) if name in found.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in CASE_SCHEMA.items()
    ).sort("trajectory_id")
