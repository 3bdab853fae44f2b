"""What a signal is: named, versioned, typed figures about trajectories, steps or groups."""

import json
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import ClassVar

import polars as pl

from curation.described import Described
from curation.frames import Frames, conform
from schemas.tables import Column, Table
from schemas.tables.signal_tables import HIT_COLUMNS, signal_table


@dataclass(frozen=True, kw_only=True)
class Signal(Described, ABC):
    """Base of all signals; a member's fields are its parameters."""

    name: ClassVar[str]
    version: ClassVar[str]
    """A change of what is computed changes this."""
    trajectory_columns: ClassVar[tuple[Column, ...]] = ()
    step_columns: ClassVar[tuple[Column, ...]] = ()
    group_columns: ClassVar[tuple[Column, ...]] = ()
    has_hits: ClassVar[bool] = False
    """Whether it also lists each single finding, as rows of `HIT_COLUMNS`."""

    @property
    def stage_version(self) -> str:
        """Identity of the computation: version and parameters."""
        return f"{self.version} {json.dumps(asdict(self), sort_keys=True)}"

    def tables(self) -> dict[str, Table]:
        """Declare its tables, by scope (trajectory, step, group, hit); only scopes that it has columns for."""
        scopes = {
            "trajectory": self.trajectory_columns,
            "step": self.step_columns,
            "group": self.group_columns,
            "hit": HIT_COLUMNS if self.has_hits else (),
        }
        return {
            scope: signal_table(self.name, scope, columns) for scope, columns in scopes.items() if columns
        }

    def compute(self, frames: Frames) -> dict[str, pl.DataFrame]:
        """Measure one bucket.

        Returns:
            By scope, the rows of the signal's table (key, bucket and declared columns), sorted by key: one row per
            trajectory, step or group of the bucket, and one per hit, numbered from 0 in each trajectory.
        """
        measured = self.measure(frames)
        return {scope: conform(measured[scope], table) for scope, table in self.tables().items()}

    @abstractmethod
    def measure(self, frames: Frames) -> dict[str, pl.DataFrame]:
        """Compute the declared columns beside key and bucket, by scope; order and other columns are free."""
