"""The figures of a whole task: how much its trials branch, and how much that decides."""

import polars as pl

from curation.topology.choices import Chains, GraphChoices
from curation.topology.graph import Graph, shortest_successes

TURN = pl.col("kind") == "turn"


def task_figures(graph: Graph, choices: GraphChoices) -> pl.DataFrame:
    """Put a task's graph in figures.

    Returns:
        By `task_index`: `trial_count`, `success_count`, `policy_count`, `node_count`, `edge_count`, `branch_count`,
        `cycle_count`, `shortest_success_edges` (null: none succeeds), `error_branch_ratio`, `strategic_heterogeneity`.
    """
    counts = _trial_counts(graph.trials)
    branches = graph.branches.group_by("task_index").agg(branch_count=pl.col("source").n_unique())
    for figures in (
        graph.nodes.group_by("task_index").agg(node_count=pl.len()),
        graph.edges.group_by("task_index").agg(edge_count=pl.len()),
        branches,
        _cycle_counts(graph.nodes),
        shortest_successes(graph.nodes),
        _error_branch_ratios(graph, counts, choices.failing_potential),
        _heterogeneities(graph.successes, choices.chains),
    ):
        counts = counts.join(figures, on="task_index", how="left")
    return counts.with_columns(
        pl.col("error_branch_ratio", "strategic_heterogeneity").fill_null(0.0),
        pl.col("branch_count", "cycle_count").fill_null(0),
    ).sort("task_index")


def _trial_counts(trials: pl.DataFrame) -> pl.DataFrame:
    return trials.group_by("task_index").agg(
        pl.col("task_id", "bucket").first(),
        trial_count=pl.len(),
        success_count=pl.col("is_success").sum(),
        policy_count=pl.col("group_index").n_unique(),
    )


def _cycle_counts(nodes: pl.DataFrame) -> pl.DataFrame:
    sizes = nodes.group_by("task_index", "component").agg(size=pl.len())
    return sizes.filter(pl.col("size") > 1).group_by("task_index").agg(cycle_count=pl.len())


def _error_branch_ratios(graph: Graph, counts: pl.DataFrame, failing_potential: float | None) -> pl.DataFrame:
    """Give the share of branch edges whose target leads to failure."""
    targets = graph.nodes.select("success_potential", passing="success_count", visiting="visit_count")[
        graph.branches["target_row"]
    ]
    if failing_potential is None:
        # Whole numbers: passing / visiting < success_count / trial_count, which ties must not decide by a last bit.
        is_failing = pl.col("passing") * pl.col("trial_count") < pl.col("success_count") * pl.col("visiting")
    else:
        is_failing = pl.col("success_potential") < failing_potential
    return (
        graph.branches.select("task_index")
        .hstack(targets)
        .join(counts, on="task_index")
        .group_by("task_index")
        .agg(error_branch_ratio=is_failing.mean())
    )


def _heterogeneities(successes: pl.DataFrame, chains: Chains) -> pl.DataFrame:
    """Give the distinct tool sequences of successes per success; a success without a call has the empty one."""
    visits = successes.select("task_index", "walk_index", "tools", "kind")
    if chains == "without_repeats":
        repeats = (pl.col("tools") == pl.col("tools").shift()) & (
            pl.col("walk_index") == pl.col("walk_index").shift()
        )
        visits = visits.filter(~repeats.fill_null(value=False) | ~TURN)
    walks = visits.group_by("task_index", "walk_index", maintain_order=True).agg(
        chain=pl.col("tools").str.join("")
    )
    return walks.group_by("task_index").agg(strategic_heterogeneity=pl.col("chain").n_unique() / pl.len())
