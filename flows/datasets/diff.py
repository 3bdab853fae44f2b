"""Compare two datasets: their recipes, what each keeps and why, which words each trains, and their pairs."""

import difflib
from dataclasses import dataclass

import msgspec
import polars as pl
import yaml

from flows.datasets.diff_pairs import RowsDiff, compare_rows, joined
from schemas.rows import Row
from warehouse import Warehouse

FATE = ("verdict", "rule", "reason", "split")
LABEL = ("is_trained", "weight", "advantage", "reason", "spans")
FACTS = ("code_version", "input_fingerprint")
"""What else of a dataset's row may differ."""
Sides = tuple[pl.LazyFrame, pl.LazyFrame]


@dataclass(frozen=True, kw_only=True)
class DatasetDiff:
    """How dataset B differs from dataset A."""

    facts: dict[str, tuple[str, str]]
    """Of `FACTS`, those that differ, of A and of B."""
    recipe: list[str]
    """Lines of a unified diff of both recipes in YAML; none when they mean the same."""
    trajectories: pl.DataFrame
    """One row per trajectory whose fate differs: `trajectory_id`, `change` (only_a, only_b: kept by one alone; split:
    kept by both, in different splits; reason: dropped by both, for different reasons), and the fate in A and in B, null
    where that dataset has not seen it."""
    labels: pl.DataFrame
    """Per `view` of either, over what both keep: `message_count`, `changed_count`, `a_trained`, `b_trained` (messages);
    null for a view that one of them does not have."""
    pairs: RowsDiff
    samples: RowsDiff

    @property
    def changes(self) -> pl.DataFrame:
        """Count the trajectories by change and by both fates, the most first."""
        fates = [f"{side}_{column}" for side in "ab" for column in FATE]
        counts = self.trajectories.group_by("change", *fates).len("trajectory_count")
        return counts.sort(
            "trajectory_count", "change", *fates, descending=[True, *(False for _ in range(9))]
        )

    @property
    def is_same(self) -> bool:
        """Tell whether both keep and train the same, and have the same pairs and samples."""
        has_same_words = self.trajectories.is_empty() and self.labels["changed_count"].fill_null(1).sum() == 0
        return has_same_words and self.pairs.is_same and self.samples.is_same


def diff_datasets(house: Warehouse, first: Row, second: Row) -> DatasetDiff:
    """Compare two datasets of one warehouse, given by their rows."""
    a, b = first["dataset_id"], second["dataset_id"]
    return DatasetDiff(
        facts={name: (first[name], second[name]) for name in FACTS if first[name] != second[name]},
        recipe=_recipe_lines(first, second),
        trajectories=compare_fates(_rows(house, "decisions", a), _rows(house, "decisions", b)),
        labels=_compare_views(house, a, b),
        pairs=_compare_table(house, a, b, "pairs"),
        samples=_compare_table(house, a, b, "samples"),
    )


def compare_fates(first: pl.LazyFrame, second: pl.LazyFrame) -> pl.DataFrame:
    """Join decisions, and keep the trajectories whose fates differ; see `DatasetDiff.trajectories`."""
    a, b = (
        rows.select("trajectory_id", *(pl.col(name).alias(f"{side}_{name}") for name in FATE))
        for side, rows in (("a", first), ("b", second))
    )
    both = a.join(b, on="trajectory_id", how="full", coalesce=True)
    keeps_a, keeps_b = (pl.col(f"{side}_verdict").eq_missing("kept") for side in "ab")
    change = (
        pl.when(keeps_a & ~keeps_b)
        .then(pl.lit("only_a"))
        .when(keeps_b & ~keeps_a)
        .then(pl.lit("only_b"))
        .when(keeps_a & keeps_b & pl.col("a_split").ne_missing(pl.col("b_split")))
        .then(pl.lit("split"))
        .when(~keeps_a & ~keeps_b & _differs(("verdict", "rule", "reason")))
        .then(pl.lit("reason"))
    )
    changed = both.select("trajectory_id", change.alias("change"), pl.exclude("trajectory_id"))
    return changed.filter(pl.col("change").is_not_null()).sort("change", "trajectory_id").collect()


def compare_labels(first: pl.LazyFrame, second: pl.LazyFrame) -> dict[str, int]:
    """Count messages of trajectories that both have: all, those labelled otherwise, and what each trains."""
    key = ["trajectory_id", "seq"]
    a, b = (
        rows.select(*key, *(pl.col(name).alias(f"{side}_{name}") for name in LABEL))
        for side, rows in (("a", first), ("b", second))
    )
    counts = a.join(b, on=key).select(
        message_count=pl.len(),
        changed_count=_differs(LABEL).sum(),
        a_trained=pl.col("a_is_trained").sum(),
        b_trained=pl.col("b_is_trained").sum(),
    )
    return {name: int(count) for name, count in counts.collect().row(0, named=True).items()}


def _differs(names: tuple[str, ...]) -> pl.Expr:
    return pl.any_horizontal(pl.col(f"a_{name}").ne_missing(pl.col(f"b_{name}")) for name in names)


def _recipe_lines(first: Row, second: Row) -> list[str]:
    old, new = (
        yaml.safe_dump(msgspec.json.decode(row["recipe"]), sort_keys=True, allow_unicode=True).splitlines()
        for row in (first, second)
    )
    names = [f"{row['name']} ({row['dataset_id']})" for row in (first, second)]
    return list(difflib.unified_diff(old, new, names[0], names[1], n=1, lineterm=""))


def _compare_views(house: Warehouse, a: str, b: str) -> pl.DataFrame:
    views = [_views(house, name) for name in (a, b)]
    rows: list[Row] = []
    for view in sorted({*views[0], *views[1]}):
        counts: Row = {}
        if all(view in own for own in views):
            counts = _compare_view(house, a, b, view)
        rows.append({"view": view, **counts})
    return pl.DataFrame(rows, schema=LABELS_SCHEMA)


def _compare_table(house: Warehouse, a: str, b: str, table: str) -> RowsDiff:
    """Compare bucket by bucket: samples are as many as steps."""
    parts = [
        compare_rows(_rows(house, table, a, bucket=bucket), _rows(house, table, b, bucket=bucket), table)
        for bucket in range(house.bucket_count)
    ]
    return joined(parts, table)


def _compare_view(house: Warehouse, a: str, b: str, view: str) -> dict[str, int]:
    """Compare bucket by bucket: labels are many."""
    totals = dict.fromkeys(("message_count", "changed_count", "a_trained", "b_trained"), 0)
    for bucket in range(house.bucket_count):
        sides = [
            _rows(house, "train_labels", name, bucket=bucket).filter(pl.col("view") == view)
            for name in (a, b)
        ]
        counts = compare_labels(*sides)
        totals = {name: total + counts[name] for name, total in totals.items()}
    return totals


def _views(house: Warehouse, dataset_id: str) -> list[str]:
    return _rows(house, "train_labels", dataset_id).select("view").unique().collect()["view"].to_list()


def _rows(house: Warehouse, table: str, dataset_id: str, *, bucket: int | None = None) -> pl.LazyFrame:
    buckets = None if bucket is None else [bucket]
    return house.store.scan(table, buckets=buckets).filter(pl.col("dataset_id") == dataset_id)


LABELS_SCHEMA = {
    "view": pl.String,
    "message_count": pl.Int64,
    "changed_count": pl.Int64,
    "a_trained": pl.Int64,
    "b_trained": pl.Int64,
}
