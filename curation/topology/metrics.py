"""How well one successful walk moves through its task's graph: recovery, efficiency, diversity. A reconstruction.

Walks of failed or unknown outcome have none of these.
"""

import numpy as np
import polars as pl

from curation.topology.choices import Geodesic, Setbacks
from curation.topology.distances import breadth_first_depths
from curation.topology.graph import Graph, branching, shortest_successes, starts_of
from curation.topology.potential import laplace

FALL_TOLERANCE = 1e-9
"""Potentials are sums of floats, so a fall of exactly `drop` may come out this much smaller."""


def recoveries(graph: Graph, *, drop: float, setbacks: Setbacks) -> pl.DataFrame:
    """Sum how far the potential rises again after each setback of a success.

    Over the states t of the walk that are a setback: max(0, max over later s of phi(s) - phi(t)). A setback is a sharp
    fall, phi(t) - phi(t - 1) <= -drop, or a result that reports failure. States count at their first visit only, so
    that a loop earns nothing. Here phi is `excess_potentials`.

    Args:
        graph: the graphs.
        drop: least fall that counts, in (0, 1].
        setbacks: whether a reported failure is a setback too.

    Returns:
        `walk_index`, `recovery` (0 or more; 0 without a setback).
    """
    visits = graph.successes.select("walk_index", "state_index", "is_error").unique(
        ["walk_index", "state_index"], keep="first", maintain_order=True
    )
    felt = visits.with_columns(phi=excess_potentials(graph, visits))
    is_later = pl.col("walk_index") == pl.col("walk_index").shift()
    fall = pl.col("phi").shift() - pl.col("phi")
    is_setback = (is_later & (fall >= drop - FALL_TOLERANCE)).fill_null(value=False)
    if setbacks == "drop_or_error":
        is_setback |= pl.col("is_error")
    best_later = pl.col("phi").cum_max(reverse=True).over("walk_index")
    return (
        felt.with_columns(regained=pl.when(is_setback).then(best_later - pl.col("phi")))
        .group_by("walk_index")
        .agg(recovery=pl.col("regained").sum())
    )


def excess_potentials(graph: Graph, visits: pl.DataFrame) -> pl.Series:
    """Tell, for states of successes, how much more often than usual the other trials through them succeed.

    The sum of outcome less the rate of the own policy, over the other trials that visit the state, divided by their
    number plus 2 (Laplace's two prior trials, of the usual outcome). A policy's rate on the task is (successes + 1) /
    (trials + 2). The trial itself is left out; among trials of different outcome that would favour failures, but only
    successes are compared, each of which takes one success from every state of its own.

    Args:
        graph: the graphs.
        visits: `state_index` and `walk_index` of trials that succeed.

    Returns:
        Potentials in (-1, 1), in the order of `visits`.
    """
    rate = laplace(pl.col("is_success").sum(), pl.len()).over("group_index")
    excess = graph.trials.select(excess=pl.col("is_success") - rate)["excess"].to_numpy()
    states, rows = graph.distinct_visits
    sums, counts = np.bincount(states, weights=excess[rows]), np.bincount(states)
    own = np.searchsorted(graph.trials["walk_index"].to_numpy(), visits["walk_index"].to_numpy())
    felt = visits["state_index"].to_numpy()
    return pl.Series((sums[felt] - excess[own]) / (counts[felt] + 1))


def efficiencies(graph: Graph, *, geodesic: Geodesic) -> pl.DataFrame:
    """Divide the fewest edges from START to success by the edges that the walk takes.

    Args:
        graph: the graphs.
        geodesic: which moves a shortest way may take: `all`, or those of `successes`.

    Returns:
        `walk_index`, `efficiency` in (0, 1].
    """
    shortest = shortest_successes(graph.nodes if geodesic == "all" else _nodes_of_successes(graph))
    lengths = graph.successes.group_by("walk_index", "task_index").agg(edge_count=pl.len() - 1)
    efficiency = pl.col("shortest_success_edges") / pl.col("edge_count")
    return lengths.join(shortest, on="task_index").select("walk_index", efficiency=efficiency)


def diversities(graph: Graph) -> pl.DataFrame:
    """Average, over the walk's moves out of branching states, how rare the move is among successes.

    A move's rarity is -ln(n / N): n of the N success counts over the moves out of the state belong to it.

    Returns:
        `walk_index`, `diversity` (nats, 0 or more; 0 without a branch).
    """
    choices = branching(graph.edges.filter(pl.col("success_count") > 0)).select(
        "target",
        state_index="source",
        rarity=-(pl.col("success_count") / pl.col("success_count").sum().over("source")).log(),
    )
    is_move = pl.col("walk_index") == pl.col("walk_index").shift(-1)
    moves = graph.successes.select(
        "walk_index", "state_index", target=pl.when(is_move).then(pl.col("state_index").shift(-1))
    )
    return (
        moves.join(choices, on=["state_index", "target"], how="left", maintain_order="left")
        .group_by("walk_index")
        .agg(diversity=pl.col("rarity").mean().fill_null(0.0))
    )


def redundancies(walks: pl.DataFrame) -> pl.DataFrame:
    """Give the share of a walk's turns that come back to a state that the walk has been in.

    Returns:
        `walk_index`, `redundant_step_frac` in [0, 1); only walks with a turn have a row.
    """
    turns = walks.filter(pl.col("kind") == "turn")
    return turns.group_by("walk_index").agg(
        redundant_step_frac=(pl.len() - pl.col("state_index").n_unique()) / pl.len()
    )


def _nodes_of_successes(graph: Graph) -> pl.DataFrame:
    edges = graph.edges.filter(pl.col("success_count") > 0)
    depths = breadth_first_depths(
        edges["source_row"].to_numpy(),
        edges["target_row"].to_numpy(),
        starts_of(graph.nodes),
        graph.nodes.height,
    )
    return graph.nodes.with_columns(depth=pl.Series(depths)).filter(pl.col("depth") >= 0)
