"""A second dataset beside the demo's: some of what it keeps, in splits and with weights of its own."""

from collections.abc import Mapping

import polars as pl

from flows.datasets.find import find_dataset
from flows.datasets.landing import point_head
from schemas.rows import Row, arrow_table
from warehouse import Warehouse

SECOND = "f" * 32


def kept_ids(house: Warehouse, name: str = "demo") -> list[str]:
    """Name what a dataset keeps, sorted."""
    built = find_dataset(house, name)
    rows = house.store.read("decisions").filter(
        (pl.col("dataset_id") == built["dataset_id"]) & (pl.col("verdict") == "kept")
    )
    return sorted(rows["trajectory_id"])


def plant_second(
    house: Warehouse, ids: list[str], *, splits: Mapping[str, str] | None = None, weight: float = 1.0
) -> Row:
    """Write a dataset that keeps `ids` alone; `splits` maps the demo's splits to others."""
    built = find_dataset(house, "demo")
    own = pl.col("dataset_id") == built["dataset_id"]
    is_kept = pl.col("trajectory_id").is_in(ids)
    drops = (pl.col("verdict") == "kept") & ~is_kept
    decisions = house.store.read("decisions").filter(own)
    house.store.append(
        "decisions",
        decisions.with_columns(
            dataset_id=pl.lit(SECOND),
            verdict=pl.when(drops).then(pl.lit("dropped")).otherwise("verdict"),
            reason=pl.when(drops).then(pl.lit("below_top_k")).otherwise("reason"),
            split=pl.when(drops)
            .then(pl.lit(None, pl.String))
            .otherwise(pl.col("split").replace(splits or {})),
        ),
    )
    labels = house.store.read("train_labels").filter(own & is_kept)
    house.store.append(
        "train_labels",
        labels.with_columns(dataset_id=pl.lit(SECOND), weight=pl.col("weight") * weight),
    )
    row = built | {"dataset_id": SECOND, "name": "second", "kept_count": len(ids)}
    house.store.append("datasets", arrow_table("datasets", [row]))
    point_head(house, "second", SECOND)
    return row
