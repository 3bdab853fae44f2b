"""How well one successful walk moves through its group's graph: recovery, efficiency, diversity. A reconstruction.

Walks of failed or unknown outcome have none of these.
"""

import polars as pl

from curation.topology.quotient import Topology, branches


def successful(walks: pl.DataFrame) -> pl.DataFrame:
    """Keep the walks that end in success."""
    return walks.filter("is_success")


def recoveries(walks: pl.DataFrame, topology: Topology, *, drop: float) -> pl.DataFrame:
    """Sum how far the potential rises again after each setback.

    Over the states t of the walk that are a setback: max(0, max over later s of phi(s) - phi(t)). A setback is a sharp
    fall, phi(t) - phi(t - 1) <= -drop, or a result that reports failure. States count at their first visit only, so
    that a loop earns nothing. Here phi is the graph's own success potential; it is not cross-fitted, because only
    successes are compared with each other.

    Args:
        walks: successful walks, in order.
        topology: the graphs of their groups.
        drop: least fall that counts, in (0, 1].

    Returns:
        `trajectory_id`, `recovery` (0 or more; 0 without a setback).
    """
    potentials = topology.nodes.select("group_id", "node_id", phi="success_potential")
    visits = walks.unique(["trajectory_id", "node_id"], keep="first", maintain_order=True)
    felt = visits.join(potentials, on=["group_id", "node_id"], how="left", maintain_order="left")
    fall = pl.col("phi").shift(1).over("trajectory_id") - pl.col("phi")
    best_later = pl.col("phi").reverse().cum_max().reverse().shift(-1).over("trajectory_id")
    rise = (best_later - pl.col("phi")).clip(lower_bound=0)
    return (
        felt.with_columns(regained=pl.when((fall >= drop) | pl.col("is_error")).then(rise))
        .group_by("trajectory_id", maintain_order=True)
        .agg(recovery=pl.col("regained").sum())
    )


def efficiencies(walks: pl.DataFrame, topology: Topology) -> pl.DataFrame:
    """Divide the fewest edges from START to success by the edges that the walk takes.

    Args:
        walks: successful walks, in order.
        topology: the graphs of their groups.

    Returns:
        `trajectory_id`, `efficiency` in (0, 1].
    """
    shortest = topology.tasks.select("group_id", "shortest_success_edges")
    lengths = walks.group_by("trajectory_id", "group_id").agg(edge_count=pl.len() - 1)
    efficiency = pl.col("shortest_success_edges") / pl.col("edge_count")
    return lengths.join(shortest, on="group_id").select("trajectory_id", efficiency=efficiency)


def diversities(walks: pl.DataFrame, topology: Topology) -> pl.DataFrame:
    """Average, over the walk's moves out of branching states, how rare the move is among successes.

    A move's rarity is -ln(n / N): n of the N success counts over the moves out of the state belong to it.

    Args:
        walks: successful walks, in order.
        topology: the graphs of their groups.

    Returns:
        `trajectory_id`, `diversity` (nats, 0 or more; 0 without a branch).
    """
    choices = branches(topology.edges.filter(pl.col("success_count") > 0)).with_columns(
        rarity=-(
            pl.col("success_count") / pl.col("success_count").sum().over("group_id", "source_node_id")
        ).log()
    )
    moves = walks.with_columns(target_node_id=pl.col("node_id").shift(-1).over("trajectory_id"))
    return (
        moves.join(
            choices.select("group_id", "target_node_id", "rarity", node_id="source_node_id"),
            on=["group_id", "node_id", "target_node_id"],
            how="left",
            maintain_order="left",
        )
        .group_by("trajectory_id", maintain_order=True)
        .agg(diversity=pl.col("rarity").mean().fill_null(0.0))
    )


def redundancies(walks: pl.DataFrame) -> pl.DataFrame:
    """Give the share of a walk's turns that come back to a state that the walk has been in.

    Returns:
        `trajectory_id`, `redundant_step_frac` in [0, 1); only walks with a turn have a row.
    """
    turns = walks.filter(pl.col("kind") == "turn")
    return turns.group_by("trajectory_id").agg(
        redundant_step_frac=1 - pl.col("node_id").n_unique() / pl.len()
    )
