"""The stages of scoring: their versions, and what each computes. A stage comes after those that it depends on."""

from collections.abc import Iterable, Iterator

import polars as pl

from curation.frames import Frames
from curation.signals import SIGNALS
from curation.signals.signal import Signal
from curation.steps import STEPS_VERSION
from curation.topology.branches import BRANCHES_VERSION, find_branch_points
from curation.topology.quotient import TOPOLOGY_VERSION, build_topology
from flows.corpus_signals import BASES, CORPUS_SIGNALS
from schemas.errors import UnknownNameError
from schemas.identity import digest
from schemas.tables import TABLES, Table

STEPS_STAGE = "steps"
TOPOLOGY_STAGE = "topology"
SIGNAL_STAGE = "signal:"
RAW_STAGE = "rollouts"
"""No computation: its version says which versions of the tables that came in were read."""
CORPUS_STAGES = frozenset(SIGNAL_STAGE + name for name in CORPUS_SIGNALS)

Versions = dict[str, str]
"""Version of each stage, in the order in which stages depend on each other."""


def stage_versions(signals: Iterable[str] | None) -> Versions:
    """Version each stage; a stage's version holds those of the stages that it is computed from.

    Args:
        signals: names of signals; all when null. Signals that they are computed from come with them.

    Raises:
        UnknownNameError: no such signal.
    """
    names = list(SIGNALS if signals is None else signals)
    for name in names:
        if name not in SIGNALS:
            raise UnknownNameError.from_name("signal", name, SIGNALS)
    topology = digest(STEPS_VERSION, TOPOLOGY_VERSION, BRANCHES_VERSION)
    versions = {STEPS_STAGE: STEPS_VERSION, TOPOLOGY_STAGE: topology}
    for name in names:
        bases = BASES.get(name, ())
        for base in bases:
            versions.setdefault(SIGNAL_STAGE + base, digest(topology, SIGNALS[base].stage_version))
        parts = (SIGNALS[part].stage_version for part in (*bases, name))
        versions[SIGNAL_STAGE + name] = digest(topology, *parts)
    return versions


def compute_stages(frames: Frames, stages: Iterable[str]) -> Iterator[tuple[Table, pl.DataFrame]]:
    """Compute stages over frames, in order.

    Yields:
        Each table with its rows for these frames.
    """
    for stage in stages:
        if stage == STEPS_STAGE:
            yield TABLES["steps"], frames.steps
        elif stage == TOPOLOGY_STAGE:
            topology = build_topology(frames)
            yield TABLES["topology_nodes"], topology.nodes
            yield TABLES["topology_edges"], topology.edges
            yield TABLES["topology_tasks"], topology.tasks
            yield TABLES["branch_points"], find_branch_points(frames)
        else:
            yield from compute_signal(SIGNALS[stage.removeprefix(SIGNAL_STAGE)], frames)


def compute_signal(signal: Signal, frames: Frames) -> Iterator[tuple[Table, pl.DataFrame]]:
    """Compute one signal: a table per scope that it has columns for."""
    values = signal.compute(frames)
    for scope, table in signal.tables().items():
        yield table, values[scope]
