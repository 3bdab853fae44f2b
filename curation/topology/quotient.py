"""The quotient graph of each group: states, moves, and the group's figures. A reconstruction of TopoCurate's graph.

Repairs and trials of unknown outcome are not in it. Counts are of distinct trials, so a trial that comes twice through a
state counts once, and a second copy of a trial adds no state.
"""

from dataclasses import dataclass

import polars as pl

from curation.frames import Frames, conform
from curation.topology.distances import add_depths
from curation.topology.potential import laplace
from curation.topology.walks import END_SUCCESS, walk_states
from schemas.tables import TABLES

TOPOLOGY_VERSION = "2"
"""A change of what the graphs hold changes this."""

FAILING_POTENTIAL = 0.5
"""A branch whose target has less success potential leads to failure."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Topology:
    """The graphs of the groups of one bucket, as rows of their tables."""

    nodes: pl.DataFrame
    """Rows of `topology_nodes`."""
    edges: pl.DataFrame
    """Rows of `topology_edges`, moves from a state to itself included."""
    tasks: pl.DataFrame
    """Rows of `topology_tasks`: groups with at least one trial of known outcome."""


def build_topology(
    frames: Frames, *, success_reward: float = 1.0, include_text_turns: bool = False
) -> Topology:
    """Fold the trials of each group into one graph.

    Args:
        frames: one bucket of whole groups.
        success_reward: least reward of a success.
        include_text_turns: also take turns without calls for states.
    """
    walks = walk_states(frames, success_reward=success_reward, include_text_turns=include_text_turns)
    return fold_walks(walks)


def fold_walks(walks: pl.DataFrame) -> Topology:
    """Fold walks, as `walk_states` gives them, into one graph per group."""
    trials = walks.drop_nulls("is_success")
    edges = _edges(trials)
    nodes = add_depths(_nodes(trials), edges)
    return Topology(
        nodes=conform(nodes, TABLES["topology_nodes"]),
        edges=conform(edges, TABLES["topology_edges"]),
        tasks=conform(_tasks(trials, nodes, edges), TABLES["topology_tasks"]),
    )


def _nodes(trials: pl.DataFrame) -> pl.DataFrame:
    # Turns of one state may be labelled by differently spelled arguments: the least label is as good as any.
    visits = trials.group_by("group_id", "node_id", "trajectory_id").agg(
        pl.col("bucket", "task_id", "kind", "is_success").first(),
        pl.col("action_label", "observation_label").min(),
        pl.col("is_error").any(),
    )
    nodes = visits.group_by("group_id", "node_id").agg(
        pl.col("bucket", "task_id", "kind").first(),
        pl.col("action_label", "observation_label").min(),
        pl.col("is_error").any(),
        visit_count=pl.len(),
        success_count=pl.col("is_success").sum(),
    )
    return nodes.with_columns(success_potential=laplace(pl.col("success_count"), pl.col("visit_count")))


def _edges(trials: pl.DataFrame) -> pl.DataFrame:
    moves = trials.with_columns(
        source_node_id=pl.col("node_id"), target_node_id=pl.col("node_id").shift(-1).over("trajectory_id")
    ).drop_nulls("target_node_id")
    return (
        moves.unique(["trajectory_id", "source_node_id", "target_node_id"])
        .group_by("group_id", "source_node_id", "target_node_id")
        .agg(pl.col("bucket").first(), trial_count=pl.len(), success_count=pl.col("is_success").sum())
    )


def _tasks(trials: pl.DataFrame, nodes: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    counts = (
        trials.filter(pl.col("position") == 0)
        .group_by("group_id")
        .agg(
            pl.col("bucket", "task_id").first(),
            trial_count=pl.len(),
            success_count=pl.col("is_success").sum(),
        )
    )
    success_depth = pl.col("depth").filter(pl.col("node_id") == END_SUCCESS).min()
    figures = (
        nodes.group_by("group_id").agg(node_count=pl.len(), shortest_success_edges=success_depth),
        edges.group_by("group_id").agg(edge_count=pl.len()),
        _error_branch_ratios(nodes, edges),
        _heterogeneities(trials),
    )
    for figure in figures:
        counts = counts.join(figure, on="group_id", how="left")
    return counts.with_columns(pl.col("error_branch_ratio", "strategic_heterogeneity").fill_null(0.0))


def _error_branch_ratios(nodes: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    targets = nodes.select("group_id", target_node_id="node_id", potential="success_potential")
    return (
        branches(edges)
        .join(targets, on=["group_id", "target_node_id"])
        .group_by("group_id")
        .agg(error_branch_ratio=(pl.col("potential") < FAILING_POTENTIAL).mean())
    )


def branches(edges: pl.DataFrame) -> pl.DataFrame:
    """Keep the moves out of states that leave a choice: two targets or more, staying where one is not counted."""
    moves = edges.filter(pl.col("source_node_id") != pl.col("target_node_id"))
    return moves.filter(pl.len().over("group_id", "source_node_id") > 1)


def _heterogeneities(trials: pl.DataFrame) -> pl.DataFrame:
    chains = (
        trials.filter("is_success").sort("trajectory_id", "position").group_by("group_id", "trajectory_id")
    )
    return (
        chains.agg(chain=pl.col("tools").str.join(""))
        .group_by("group_id")
        .agg(strategic_heterogeneity=pl.col("chain").n_unique() / pl.len())
    )
