"""Repaired trajectories in their parents' place, so that they compete on equal terms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from curation.candidates import SignalValues, compute_values
from curation.frames import Frames
from curation.inputs import Inputs
from curation.repair.repair import CASE_SCHEMA, Case, Repair
from curation.signals.signal import Signal
from curation.steps import build_steps
from schemas.rows import Row, rollout_tables, trajectory_from_rows
from schemas.trajectory import Trajectory

INHERITED = frozenset({"strategy_domain"})
"""Signals that are learned from the whole corpus."""


@dataclass(frozen=True, kw_only=True)
class Substitution:
    """The trials with repaired ones in place of their parents."""

    frames: Frames
    children: dict[str, Trajectory]
    """Every child that was made, by its own id, in the order in which they were made."""
    rules: dict[str, str]
    """Name of the repair that made each child."""
    added_ids: frozenset[str]
    """Children that stand beside their parents; the others take their places."""

    @property
    def replacements(self) -> list[Trajectory]:
        """The children in their parents' places."""
        return [child for name, child in self.children.items() if name not in self.added_ids]


def substitute_repairs(inputs: Inputs, repairs: Sequence[Repair]) -> Substitution:
    """Apply repairs, one after the other, to what the recipe reads."""
    frames, children, rules = inputs.frames, dict[str, Trajectory](), dict[str, str]()
    added = set[str]()
    for repair in repairs:
        alive = frames.trajectories.filter(pl.col("trajectory_id").is_in([*inputs.read_ids, *children]))
        found = repair.cases(frames).join(alive, on="trajectory_id", how="semi").sort("trajectory_id")
        made = [
            child for child in repair.apply_all(_cases(frames, inputs, found, children)) if child is not None
        ]
        place = _replace_parents if repair.replaces_parent else _stand_beside
        frames = place(frames, made, inputs.bucket_count)
        children |= {child.trajectory_id: child for child in made}
        rules |= {child.trajectory_id: repair.name for child in made}
        if not repair.replaces_parent:
            added |= {child.trajectory_id for child in made}
    return Substitution(frames=frames, children=children, rules=rules, added_ids=frozenset(added))


def values_after(inputs: Inputs, repairs: Substitution, signals: Sequence[Signal]) -> SignalValues:
    """Take the stored signals, but compute those of tasks with a repaired trial anew.

    A signal that is learned from the whole corpus cannot be computed from a batch: there, a repaired trial inherits its
    parent's value.
    """
    touched = pl.Series([child.task.task_id for child in repairs.children.values()], dtype=pl.String)
    if touched.is_empty():
        return inputs.values
    is_touched = pl.col("task_id").is_in(touched.implode())
    trials = repairs.frames.trajectories.filter(is_touched)
    local = [signal for signal in signals if signal.name not in INHERITED]
    anew = compute_values(local, repairs.frames.restricted_to(trials["trajectory_id"]))
    stored = inputs.values
    inherited = {name: stored.trajectories[name] for name in INHERITED & stored.trajectories.keys()}
    others = {name: frame for name, frame in stored.trajectories.items() if name not in INHERITED}
    gone = inputs.frames.trajectories.filter(is_touched)
    values = replace(stored, trajectories=others).without(gone).joined(anew)
    heirs = {name: _inherited(frame, repairs) for name, frame in inherited.items()}
    return replace(values, trajectories={**values.trajectories, **heirs})


def _inherited(values: pl.DataFrame, repairs: Substitution) -> pl.DataFrame:
    """Put each child's id in place of that of the trial that it comes from."""
    trials: dict[str, str] = {}
    for child in repairs.replacements:
        trials[child.trajectory_id] = trials.pop(str(child.parent_id), str(child.parent_id))
    names = pl.Series(list(trials.values()), dtype=pl.String)
    heirs = pl.Series(list(trials), dtype=pl.String)
    own = pl.col("trajectory_id")
    return values.with_columns(own.replace_strict(names, heirs, default=own))


def _cases(
    frames: Frames, inputs: Inputs, found: pl.DataFrame, children: Mapping[str, Trajectory]
) -> list[Case]:
    """Rebuild the few records that a repair works on; a partner may be any trial of the task.

    What an earlier repair made is at hand: among the frames it stands as the trial whose place it took.
    """
    ids = {*found["trajectory_id"], *found["partner_id"].drop_nulls()}
    stored = _records(frames, inputs, sorted(ids - children.keys()))
    records = {**children, **{record.trajectory_id: record for record in stored}}
    return [
        Case(trajectory=records[own], partner=records.get(partner), seq=seq, partner_seq=partner_seq)
        for own, partner, seq, partner_seq in found.select(CASE_SCHEMA.names()).iter_rows()
    ]


def _records(frames: Frames, inputs: Inputs, ids: list[str]) -> list[Trajectory]:
    """Rebuild records as they stand among the frames."""
    if not ids:
        return []
    messages = frames.messages.filter(pl.col("trajectory_id").is_in(ids)).partition_by(
        "trajectory_id", as_dict=True
    )
    tasks: Mapping[str, Row] = {row["task_id"]: row for row in inputs.frames.tasks.to_dicts()}
    toolsets: Mapping[str, Row] = {row["toolset_id"]: row for row in inputs.toolsets.to_dicts()}
    return [
        trajectory_from_rows(
            row,
            messages[(row["trajectory_id"],)].to_dicts(),
            tasks[row["task_id"]],
            toolsets.get(row["toolset_id"]),
        )
        for row in frames.trajectories.filter(pl.col("trajectory_id").is_in(ids))
        .sort("trajectory_id")
        .to_dicts()
    ]


def _stand_beside(frames: Frames, children: list[Trajectory], bucket_count: int) -> Frames:
    """Add children that are no trials."""
    if not children:
        return frames
    tables = rollout_tables(children, bucket_count=bucket_count)
    trajectories, messages = (pl.DataFrame(tables[name]) for name in ("trajectories", "messages"))

    def with_new(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
        return pl.concat([old, new.select(old.columns)])

    return replace(
        frames,
        trajectories=with_new(frames.trajectories, trajectories),
        messages=with_new(frames.messages, messages),
        steps=with_new(frames.steps, build_steps(messages)),
    )


def _replace_parents(frames: Frames, children: list[Trajectory], bucket_count: int) -> Frames:
    """Put children in their parents' place, as trials: graphs and group figures then see them as they would a trial."""
    if not children:
        return frames
    tables = rollout_tables(children, bucket_count=bucket_count)
    built = {name: pl.DataFrame(tables[name]) for name in ("trajectories", "messages")}
    parents = pl.DataFrame(
        {"trajectory_id": [child.parent_id for child in children]}, schema={"trajectory_id": pl.String}
    )
    relations = frames.trajectories.select(pl.col("trajectory_id").alias("parent_id"), "relation")
    trials = built["trajectories"].drop("relation").join(relations, on="parent_id", how="left")

    def replaced(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
        return pl.concat([old.join(parents, on="trajectory_id", how="anti"), new.select(old.columns)])

    return replace(
        frames,
        trajectories=replaced(frames.trajectories, trials),
        messages=replaced(frames.messages, built["messages"]),
        steps=replaced(frames.steps, build_steps(built["messages"])),
    )
