"""Corrupted children and their labels, read for rules that learn from them."""

import polars as pl

from curation.corrupted import Corrupted
from curation.steps import build_steps
from schemas.identity import digest
from warehouse import Warehouse
from warehouse.whole import read_conversations


def corruptions_digest(house: Warehouse) -> str:
    """Name what the table `corruptions` says, in whatever order it was written."""
    labels = house.store.read("corruptions").sort("child_id")
    return digest("corruptions", labels.write_json())


def read_corrupted(house: Warehouse, buckets: list[int]) -> Corrupted:
    """Read the labelled children of some buckets; their steps are built from their messages."""
    labels = house.store.read("corruptions", buckets=buckets)
    children = labels.select(trajectory_id="child_id")
    trajectories = (
        house.store.scan("trajectories", buckets=buckets)
        .join(children.lazy(), on="trajectory_id", how="semi")
        .collect()
    )
    messages = read_conversations(house, buckets, trajectories)
    known = labels.filter(pl.col("child_id").is_in(trajectories["trajectory_id"].implode()))
    return Corrupted(labels=known, trajectories=trajectories, steps=build_steps(messages))
