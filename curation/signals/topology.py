"""Topology: how each trajectory moves through the quotient graph of its task, and how the task branches."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, get_args

import polars as pl

from curation.frames import Frames
from curation.signals.signal import Signal
from curation.topology.choices import Geodesic, GraphChoices, Setbacks
from curation.topology.equivalence import Equivalence, choose_equivalence
from curation.topology.graph import Graph, fold_graph
from curation.topology.metrics import diversities, efficiencies, recoveries, redundancies
from curation.topology.potential import cross_fitted_means
from curation.topology.tasks import task_figures
from curation.topology.walks import walk_states
from schemas.errors import RecipeError
from schemas.tables import Column
from schemas.tables.declaration import INTEGER, REAL


@dataclass(frozen=True, kw_only=True)
class TopologyMetrics(Signal):
    """Success potential, recovery, efficiency and diversity of each trajectory within its task's graph.

    A reconstruction of TopoCurate (arXiv 2603.01714), whose formulas are not published. All trials of a task, whatever
    their policy, are walks through one graph of states; docs/topology.md defines states, graph and each metric, and says
    which choices are ours. Trajectories that are no trials (branches, continuations, subagents) have no walk: their
    metrics are null. A group's figures are those of its task's graph.
    """

    name: ClassVar[str] = "topology"
    version: ClassVar[str] = "3"
    trajectory_columns: ClassVar[tuple[Column, ...]] = (
        Column(name="step_count", type=INTEGER, doc="Agent turns, those of words only included.", minimum=0),
        Column(
            name="success_potential_mean",
            type=REAL,
            doc="Mean success potential of the distinct states visited, learned from other trials of the task than "
            "its own fold, relative to each policy's rate (1/2: as usual); null when there is none to learn from, "
            "or no turn with a call.",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
        Column(
            name="recovery",
            type=REAL,
            doc="How far the potential rises again after setbacks, summed; null unless it is a trial that succeeds.",
            nullable=True,
            minimum=0,
        ),
        Column(
            name="efficiency",
            type=REAL,
            doc="Fewest edges from START to success / edges taken; null unless it is a trial that succeeds.",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
        Column(
            name="diversity",
            type=REAL,
            doc="Mean rarity (nats) of its choices among the task's successes; null unless it is a trial that succeeds.",
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
    group_columns: ClassVar[tuple[Column, ...]] = (
        Column(
            name="error_branch_ratio",
            type=REAL,
            doc="Share of the task's branch edges that lead to failure; 0 without a branch, null without a known outcome.",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
        Column(
            name="strategic_heterogeneity",
            type=REAL,
            doc="Distinct tool chains among the task's successes / successes; 0 without a success, null without a known "
            "outcome.",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
        Column(
            name="branch_count",
            type=INTEGER,
            doc="States of the task's graph that trials leave in two or more ways.",
            minimum=0,
        ),
        Column(
            name="task_state_count",
            type=INTEGER,
            doc="States of the task's graph, start and ends not counted.",
            minimum=0,
        ),
    )

    success_reward: float = 1.0
    """Least reward of a success."""
    include_text_turns: bool = False
    """Also take turns without calls for states."""
    equivalence: str = "exact"
    """Which turns are one state: a name of `EQUIVALENCES`."""
    equivalence_parameters: Mapping[str, Any] = field(default_factory=dict)
    """Parameters of the equivalence, thresholds for instance."""
    recovery_drop: float = 0.1
    """Least fall of the potential that is a setback, in (0, 1]; not published."""
    setbacks: Setbacks = "drop_or_error"
    """What is a setback: a `drop` of the potential, or also a result that reports failure."""
    geodesic: Geodesic = "all"
    """Moves that the shortest way may take: those of `all` trials, or of `successes`."""
    graph: GraphChoices = field(default_factory=GraphChoices)
    """Choices about the task's figures."""

    def __post_init__(self) -> None:
        """Refuse parameters that measure nothing.

        Raises:
            RecipeError: see the message.
            UnknownNameError: no equivalence has that name.
        """
        if not 0 < self.recovery_drop <= 1:
            raise RecipeError(
                f"`recovery_drop` of {self.name!r} must be in (0, 1], got {self.recovery_drop!r}."
            )
        for parameter, allowed in (("setbacks", Setbacks), ("geodesic", Geodesic)):
            if getattr(self, parameter) not in get_args(allowed):
                known = ", ".join(get_args(allowed))
                raise RecipeError(
                    f"`{parameter}` of {self.name!r} must be one of {known}, got {getattr(self, parameter)!r}."
                )
        self._states()

    @property
    def stage_version(self) -> str:
        """Identity of the computation: version and parameters, an encoder by its name."""
        parameters = {
            name: getattr(self, name) for name in ("success_reward", "include_text_turns", "recovery_drop")
        }
        named = {"equivalence": self._states().identity, "setbacks": self.setbacks, "geodesic": self.geodesic}
        return f"{self.version} {json.dumps({**parameters, **named, 'graph': asdict(self.graph)}, sort_keys=True)}"

    def measure(self, frames: Frames) -> dict[str, pl.DataFrame]:
        """Build the graphs, measure each walk through them, and give each group its task's figures."""
        walks = walk_states(
            frames,
            success_reward=self.success_reward,
            include_text_turns=self.include_text_turns,
            equivalence=self._states(),
        )
        graph = fold_graph(walks)
        return {
            "trajectory": self._trajectories(frames, walks, graph),
            "group": self._groups(frames, graph),
        }

    def _states(self) -> Equivalence:
        return choose_equivalence(
            self.equivalence, self.equivalence_parameters, where=f"signal {self.name!r}"
        )

    def _trajectories(self, frames: Frames, walks: pl.DataFrame, graph: Graph) -> pl.DataFrame:
        measured = walks.filter(pl.col("position") == 0).select("trajectory_id", "walk_index")
        for metric in (
            recoveries(graph, drop=self.recovery_drop, setbacks=self.setbacks),
            efficiencies(graph, geodesic=self.geodesic),
            diversities(graph),
            redundancies(walks),
            cross_fitted_means(_by_index(walks)).rename({"trajectory_id": "walk_index"}),
        ):
            measured = measured.join(metric, on="walk_index", how="left")
        figures = frames.trajectories.select("trajectory_id", "bucket")
        step_counts = frames.steps.group_by("trajectory_id").agg(step_count=pl.len())
        for values in (step_counts, measured):
            figures = figures.join(values, on="trajectory_id", how="left")
        return figures.with_columns(pl.col("step_count").fill_null(0))

    def _groups(self, frames: Frames, graph: Graph) -> pl.DataFrame:
        figures = task_figures(graph, self.graph).join(
            graph.nodes.group_by("task_index").agg(task_state_count=(pl.col("kind") == "turn").sum()),
            on="task_index",
        )
        groups = frames.trajectories.select("group_id", "task_id", "bucket").unique("group_id")
        return groups.join(figures.drop("bucket"), on="task_id", how="left").with_columns(
            pl.col("branch_count", "task_state_count").fill_null(0)
        )


def _by_index(walks: pl.DataFrame) -> pl.DataFrame:
    """Put numbers in the place of ids, which order in the same way and are joined in a third of the time."""
    return walks.with_columns(
        trajectory_id="walk_index", group_id="group_index", task_id="task_index", node_id="state_index"
    )
