"""What selectors look at: one row per trajectory, with everything that is known of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from curation.fingerprint import content_fingerprints
from curation.frames import Frames
from curation.signals.signal import Signal
from schemas.tables.declaration import BUCKET


@dataclass(frozen=True, kw_only=True)
class SignalValues:
    """Values of signals per scope, one frame per signal, keyed by trajectory or group."""

    trajectories: Mapping[str, pl.DataFrame]
    """By signal name: `trajectory_id` and the signal's columns."""
    groups: Mapping[str, pl.DataFrame]
    """By signal name: `group_id` and the signal's columns."""

    def without(self, trajectories: pl.DataFrame) -> "SignalValues":
        """Leave out some trajectories and their groups."""
        return SignalValues(
            trajectories={
                name: frame.join(trajectories, on="trajectory_id", how="anti")
                for name, frame in self.trajectories.items()
            },
            groups={
                name: frame.join(trajectories, on="group_id", how="anti")
                for name, frame in self.groups.items()
            },
        )

    def beside(self, other: "SignalValues") -> "SignalValues":
        """Put the values of other signals beside these."""
        return SignalValues(
            trajectories={**self.trajectories, **other.trajectories}, groups={**self.groups, **other.groups}
        )

    def joined(self, other: "SignalValues") -> "SignalValues":
        """Put two disjoint sets of values together."""
        return SignalValues(
            trajectories={
                name: _stacked(frame, other.trajectories[name]) for name, frame in self.trajectories.items()
            },
            groups={name: _stacked(frame, other.groups[name]) for name, frame in self.groups.items()},
        )


def compute_values(signals: Iterable[Signal], frames: Frames) -> SignalValues:
    """Compute signals over frames, for the scopes that a selector can see."""
    trajectories, groups = dict[str, pl.DataFrame](), dict[str, pl.DataFrame]()
    for signal in signals:
        values = signal.compute(frames)
        if signal.trajectory_columns:
            trajectories[signal.name] = values["trajectory"]
        if signal.group_columns:
            groups[signal.name] = values["group"]
    return SignalValues(trajectories=trajectories, groups=groups)


def candidate_rows(frames: Frames, values: SignalValues) -> pl.DataFrame:
    """Join trajectories with their task's names, their signals, their group's signals, and a fingerprint of their content.

    Returns:
        One row per trajectory of `frames`, sorted by `trajectory_id`.
    """
    tasks = frames.tasks.select("task_id", "benchmark", "task_key").unique("task_id")
    rows = frames.trajectories.join(tasks, on="task_id", how="left", validate="m:1")
    for frame in values.trajectories.values():
        rows = rows.join(frame.drop(BUCKET, strict=False), on="trajectory_id", how="left", validate="1:1")
    for frame in values.groups.values():
        rows = rows.join(frame.drop(BUCKET, strict=False), on="group_id", how="left", validate="m:1")
    fingerprints = content_fingerprints(frames.messages)
    return rows.join(fingerprints, on="trajectory_id", how="left", validate="1:1").sort("trajectory_id")


def _stacked(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([first, second.select(first.columns)])
