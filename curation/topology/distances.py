"""Fewest edges from START, for all groups at once."""

import numpy as np
import numpy.typing as npt
import polars as pl

from curation.topology.walks import START

Indices = npt.NDArray[np.int64]


def add_depths(nodes: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    """Add `depth`, the fewest edges from the group's START; every node lies on a walk, so each has one.

    Cycles are left as they are: a shortest path never takes one, so no acyclic version is needed.
    """
    indices = nodes.select("group_id", "node_id", index=pl.int_range(pl.len(), dtype=pl.Int64))
    sources, targets = (
        edges.join(
            indices,
            left_on=["group_id", end],
            right_on=["group_id", "node_id"],
            how="left",
            maintain_order="left",
        )["index"].to_numpy()
        for end in ("source_node_id", "target_node_id")
    )
    starts = indices.filter(pl.col("node_id") == START)["index"].to_numpy()
    return nodes.with_columns(depth=breadth_first_depths(sources, targets, starts, nodes.height))


def breadth_first_depths(sources: Indices, targets: Indices, starts: Indices, node_count: int) -> Indices:
    """Search from all starts together, one level at a time; -1 is never reached.

    Examples:
        >>> edges = np.array([[0, 1], [1, 2], [2, 0], [0, 2]]).T
        >>> breadth_first_depths(edges[0], edges[1], np.array([0]), 4).tolist()
        [0, 1, 1, -1]
    """
    by_source = np.argsort(sources, kind="stable")
    sorted_targets = targets[by_source]
    offsets = np.searchsorted(sources[by_source], np.arange(node_count + 1))
    depths = np.full(node_count, -1, dtype=np.int64)
    depths[starts] = 0
    frontier, level = starts, 0
    while frontier.size:
        level += 1
        degrees = offsets[frontier + 1] - offsets[frontier]
        first = np.cumsum(degrees) - degrees
        reached = sorted_targets[np.arange(degrees.sum()) + np.repeat(offsets[frontier] - first, degrees)]
        frontier = np.unique(reached[depths[reached] < 0])
        depths[frontier] = level
    return depths
