"""Rebuild records and their labels from rows, for one bucket at a time, a few hundred trajectories in memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import polars as pl

from schemas.rows import Row, trajectory_from_rows
from schemas.training import Label, Part, Span
from schemas.trajectory import Trajectory
from warehouse import Warehouse
from warehouse.whole import read_conversations

SLICE = 256
"""Trajectories whose messages are Python objects at one time; their columns are in memory for the whole bucket."""
LABEL_COLUMNS = ["trajectory_id", "seq", "is_trained", "weight", "advantage", "spans"]

Labels = dict[int, Label]
"""Label per `seq` of one trajectory."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Stored:
    """Some trajectories of one bucket, in columns."""

    trajectories: dict[str, Row]
    """Row per id."""
    messages: pl.DataFrame
    """Whole conversations, by trajectory and `seq`."""
    tasks: dict[str, Row]
    toolsets: dict[str, Row]

    def records(self, trajectory_ids: list[str]) -> Iterator[Trajectory]:
        """Rebuild the records of these ids, in their order."""
        for begin in range(0, len(trajectory_ids), SLICE):
            wanted = trajectory_ids[begin : begin + SLICE]
            rows = self.messages.filter(pl.col("trajectory_id").is_in(wanted)).to_dicts()
            said = {key: list(group) for key, group in groupby(rows, key=itemgetter("trajectory_id"))}
            for trajectory_id in wanted:
                row = self.trajectories[trajectory_id]
                yield trajectory_from_rows(
                    row | {"shared_count": 0},
                    said[trajectory_id],
                    self.tasks[row["task_id"]],
                    self.toolsets.get(row["toolset_id"]),
                )


def read_trajectories(house: Warehouse, bucket: int, wanted: pl.DataFrame) -> Iterator[Trajectory]:
    """Rebuild the records of one bucket that `wanted` names, in its order.

    Args:
        house: the warehouse.
        bucket: the bucket.
        wanted: column `trajectory_id`, and others.
    """
    ids = wanted.select("trajectory_id")
    rows = rows_of(house, "trajectories", bucket, ids)
    toolsets = house.store.scan("toolsets").join(rows.lazy(), on="toolset_id", how="semi").collect()
    stored = Stored(
        trajectories={row["trajectory_id"]: row for row in rows.to_dicts()},
        messages=read_conversations(house, [bucket], rows),
        tasks={row["task_id"]: row for row in house.store.read("tasks", buckets=[bucket]).to_dicts()},
        toolsets={row["toolset_id"]: row for row in toolsets.to_dicts()},
    )
    return stored.records(ids["trajectory_id"].to_list())


def rows_of(house: Warehouse, table: str, bucket: int, ids: pl.DataFrame) -> pl.DataFrame:
    """Read the rows of some trajectories of one bucket."""
    return (
        house.store.scan(table, buckets=[bucket]).join(ids.lazy(), on="trajectory_id", how="semi").collect()
    )


def read_labels(
    house: Warehouse, dataset_id: str, bucket: int, kept: pl.DataFrame, *, view: str
) -> dict[str, Labels]:
    """Read the labels of one view, by trajectory; most labels are alike and share one object."""
    rows = house.store.scan("train_labels", columns=["dataset_id", "view", *LABEL_COLUMNS], buckets=[bucket])
    own = rows.filter((pl.col("dataset_id") == dataset_id) & (pl.col("view") == view))
    wanted = own.join(kept.lazy().select("trajectory_id"), on="trajectory_id", how="semi").collect()
    plain: dict[tuple[Any, ...], Label] = {}
    labels: dict[str, Labels] = {}
    for row in wanted.select(LABEL_COLUMNS).iter_rows(named=True):
        known = (row["is_trained"], row["weight"], row["advantage"])
        label = None if row["spans"] else plain.get(known)
        if label is None:
            label = label_of(row)
            if not row["spans"]:
                plain[known] = label
        labels.setdefault(row["trajectory_id"], {})[row["seq"]] = label
    return labels


def label_of(row: Row) -> Label:
    """Read the label of a row of `train_labels`."""
    return Label(
        is_trained=row["is_trained"],
        weight=row["weight"],
        advantage=row["advantage"],
        spans=tuple(map(_span, row["spans"])),
    )


def _span(row: Row) -> Span:
    return Span(
        part=Part(row["part"]),
        call=row["call"],
        begin=row["begin"],
        end=row["end"],
        is_trained=row["is_trained"],
        weight=row["weight"],
    )
