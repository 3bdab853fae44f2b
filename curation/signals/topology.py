"""Topology: how each trajectory moves through the quotient graph of its group."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from curation.frames import Frames
from curation.signals.signal import Signal
from curation.topology.metrics import diversities, efficiencies, recoveries, redundancies, successful
from curation.topology.potential import cross_fitted_means
from curation.topology.quotient import fold_walks
from curation.topology.walks import walk_states
from schemas.tables import Column
from schemas.tables.declaration import INTEGER, REAL


@dataclass(frozen=True, kw_only=True)
class TopologyMetrics(Signal):
    """Success potential, recovery, efficiency and diversity of each trajectory within its group's graph.

    A reconstruction of TopoCurate (arXiv 2603.01714), whose formulas are not published.
    """

    name: ClassVar[str] = "topology"
    version: ClassVar[str] = "1"
    trajectory_columns: ClassVar[tuple[Column, ...]] = (
        Column(name="step_count", type=INTEGER, doc="Agent turns, those of words only included.", minimum=0),
        Column(
            name="success_potential_mean",
            type=REAL,
            doc="Mean success potential of the distinct states visited, learned from the other half of the group's "
            "trials; null when there is none to learn from, or no turn with a call.",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
        Column(
            name="recovery",
            type=REAL,
            doc="How far the potential rises again after setbacks, summed; null unless it succeeds.",
            nullable=True,
            minimum=0,
        ),
        Column(
            name="efficiency",
            type=REAL,
            doc="Fewest edges from START to success / edges taken; null unless it succeeds.",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
        Column(
            name="diversity",
            type=REAL,
            doc="Mean rarity (nats) of its choices among the group's successes; null unless it succeeds.",
            nullable=True,
            minimum=0,
        ),
        Column(
            name="redundant_step_frac",
            type=REAL,
            doc="Share of its turns with calls that come back to a state it has been in; null without such a turn.",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
    )

    success_reward: float = 1.0
    """Least reward of a success."""
    include_text_turns: bool = False
    """Also take turns without calls for states."""
    recovery_drop: float = 0.1
    """Least fall of the potential that is a setback, in (0, 1]; not published."""

    def measure(self, frames: Frames) -> dict[str, pl.DataFrame]:
        """Build the graphs and measure each walk through them."""
        walks = walk_states(
            frames, success_reward=self.success_reward, include_text_turns=self.include_text_turns
        )
        topology = fold_walks(walks)
        successes = successful(walks)
        measured = frames.trajectories.select("trajectory_id", "bucket")
        for metric in (
            frames.steps.group_by("trajectory_id").agg(step_count=pl.len()),
            cross_fitted_means(walks),
            recoveries(successes, topology, drop=self.recovery_drop),
            efficiencies(successes, topology),
            diversities(successes, topology),
            redundancies(walks),
        ):
            measured = measured.join(metric, on="trajectory_id", how="left")
        return {"trajectory": measured.with_columns(pl.col("step_count").fill_null(0))}
