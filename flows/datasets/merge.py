"""Merge datasets: what any of them keeps, each trajectory once, under the splits and labels that it has already.

A merged dataset is one like others: it has decisions and labels of its own, so that it can be exported, compared and
rebuilt, also when its parts are deleted.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import msgspec
import polars as pl
from prefect import flow

from curation.decide import dataset_id
from flows.datasets.find import MERGED_RULE, Merge, find_dataset, recipe_of
from flows.datasets.landing import OWNERS, is_finished, point_head, remove_decisions
from flows.runs import recorded
from schemas.errors import WinnowError
from schemas.identity import digest
from schemas.recipe import View
from schemas.rows import Row, arrow_table
from schemas.tables import TABLES
from warehouse import Warehouse
from warehouse.gates import check_expectations

MOST_NAMED = 5
"""Tasks that a message names at most."""


@dataclass(frozen=True, kw_only=True)
class MergeReport:
    """What was merged."""

    dataset_id: str
    name: str
    kept_count: int
    repeated_count: int
    """Trajectories that several parts keep, which are there once."""
    both_forms_count: int
    """Repairs whose parent is kept too, by another part: both are there, and share most words."""
    counts: dict[str, int]
    """Trajectories by the part that they are from."""


@flow(name="merge")
@recorded
def merge(*, warehouse: Path, datasets: Sequence[str], name: str, splits: str | None = None) -> MergeReport:
    """Merge datasets into one.

    Args:
        warehouse: folder of the store.
        datasets: names or ids; of a trajectory in several of them the first counts.
        name: what to call the result.
        splits: the split of each task that the parts have in different ones.

    Raises:
        DatasetNotFoundError: no such dataset.
        WinnowError: less than two datasets, no common view, or a task in different splits that nothing decides.
    """
    house = Warehouse(warehouse)
    parts = _distinct([find_dataset(house, dataset) for dataset in datasets])
    meaning = Merge(
        merge=tuple(part["dataset_id"] for part in parts),
        name=name,
        splits=splits,
        redact=tuple(sorted({kind for part in parts for kind in recipe_of(part).redact})),
        train=_common_views(parts),
    )
    kept = [_kept(house, part["dataset_id"]) for part in parts]
    merged = _settled(house, pl.concat(kept), splits)
    row = _dataset_row(parts, meaning, merged)
    if not is_finished(house, row["dataset_id"]):
        _land(house, row, parts, merged, meaning)
    point_head(house, name, row["dataset_id"])
    return MergeReport(
        dataset_id=row["dataset_id"],
        name=name,
        kept_count=merged.height,
        repeated_count=sum(part.height for part in kept) - merged.height,
        both_forms_count=_count_both_forms(house, merged),
        counts=dict(Counter(merged["rule"].str.strip_prefix(MERGED_RULE).sort())),
    )


def _distinct(parts: list[Row]) -> list[Row]:
    distinct = list({part["dataset_id"]: part for part in parts}.values())
    if len(distinct) == 1:
        raise WinnowError(
            f"A merge takes two or more different datasets, got {[part['name'] for part in parts]}.\n\n"
            "Hint: `winnow dataset list` lists them"
        )
    return distinct


def _common_views(parts: list[Row]) -> tuple[View, ...]:
    """Name the training views that all parts have, in the order of the first."""
    names = [[view.name for view in recipe_of(part).train] for part in parts]
    common = [name for name in names[0] if all(name in others for others in names)]
    if not common:
        told = "; ".join(f"{part['name']}: {', '.join(own)}" for part, own in zip(parts, names, strict=True))
        raise WinnowError(
            f"The datasets have no training view in common ({told}).\n\nHint: name one view alike in their recipes"
        )
    return tuple(View(name=name) for name in common)


def _kept(house: Warehouse, part: str) -> pl.DataFrame:
    """Read what a part keeps, as the merged dataset's decisions."""
    rows = house.store.scan("decisions").filter(
        (pl.col("dataset_id") == part) & (pl.col("verdict") == "kept")
    )
    return rows.with_columns(rule=pl.lit(MERGED_RULE + part)).drop("dataset_id").collect()


def _settled(house: Warehouse, kept: pl.DataFrame, splits: str | None) -> pl.DataFrame:
    """Keep each trajectory once, and each task in one split.

    Raises:
        WinnowError: a task is in several splits, and `splits` does not say which counts.
    """
    of_task = kept.group_by("task_id").agg(pl.col("split").unique().sort())
    torn = of_task.filter(pl.col("split").list.len() > 1)
    if torn.height and splits is None:
        raise WinnowError(_torn_message(house, torn))
    if splits is not None:
        known = sorted(kept["split"].drop_nulls().unique())
        if splits not in known:
            raise WinnowError(f"No part has a split {splits!r}. Splits that they have: {', '.join(known)}")
        is_torn = pl.col("task_id").is_in(torn["task_id"].implode())
        kept = kept.with_columns(split=pl.when(is_torn).then(pl.lit(splits)).otherwise("split"))
    return kept.unique("trajectory_id", keep="first", maintain_order=True)


def _torn_message(house: Warehouse, torn: pl.DataFrame) -> str:
    tasks = house.store.read("tasks", columns=["task_id", "benchmark", "task_key"])
    named = torn.join(tasks, on="task_id", how="left").sort("benchmark", "task_key").head(MOST_NAMED)
    told = "; ".join(
        f"{benchmark} {key} ({', '.join(splits)})"
        for benchmark, key, splits in named.select("benchmark", "task_key", "split").iter_rows()
    )
    more = f" and {torn.height - MOST_NAMED} more" if torn.height > MOST_NAMED else ""
    return (
        f"{torn.height} tasks are in different splits of the datasets: {told}{more}.\n\n"
        "Hint: `--splits test` puts them into `test`, `--splits train` into `train`"
    )


def _dataset_row(parts: list[Row], meaning: Merge, merged: pl.DataFrame) -> Row:
    canonical = meaning.canonical_json()
    recipe_hash = digest("recipe", canonical)
    fingerprint = digest("merge", *meaning.merge)
    code = ", ".join(dict.fromkeys(part["code_version"] for part in parts))
    counts = merged.group_by("rule", "reason").len().sort("rule", "reason").iter_rows()
    return {
        "dataset_id": dataset_id(recipe_hash=recipe_hash, input_fingerprint=fingerprint, code_version=code),
        "name": meaning.name,
        "recipe_hash": recipe_hash,
        "recipe": canonical,
        "input_fingerprint": fingerprint,
        "code_version": code,
        "table_versions": _newest_versions(parts),
        "read_count": merged.height,
        "repaired_count": 0,
        "added_count": 0,
        "kept_count": merged.height,
        "dropped_count": 0,
        "decision_counts": msgspec.json.encode(
            {f"{rule}: {reason}": count for rule, reason, count in counts}
        ).decode(),
    }


def _newest_versions(parts: list[Row]) -> str:
    """Give, table by table, the newest version that any part was curated from: it holds what all of them saw."""

    def newer(known: dict[str, int], part: Row) -> dict[str, int]:
        seen = msgspec.json.decode(part["table_versions"], type=dict[str, int])
        return known | {name: max(version, known.get(name, 0)) for name, version in seen.items()}

    versions = reduce(newer, parts, dict[str, int]())
    return msgspec.json.encode(versions, order="deterministic").decode()


def _land(house: Warehouse, row: Row, parts: list[Row], merged: pl.DataFrame, meaning: Merge) -> None:
    """Write decisions and labels, then where it is from, and last the row that says that all is there."""
    remove_decisions(house, row["dataset_id"])
    named = pl.lit(row["dataset_id"]).alias("dataset_id")
    decisions = merged.with_columns(named)
    check_expectations(TABLES["decisions"], decisions)
    house.store.append("decisions", decisions)
    views = [view.name for view in meaning.train]
    for (bucket,), kept in merged.group_by("bucket", maintain_order=True):
        for table in OWNERS:
            made = pl.concat([_made(house, table, part["dataset_id"], bucket, kept) for part in parts])
            if table == "train_labels":
                made = made.filter(pl.col("view").is_in(views))
            house.store.append(table, made.with_columns(named))
    house.store.upsert(
        "lineage", arrow_table("lineage", [_lineage_row(row, part["dataset_id"]) for part in parts])
    )
    house.store.upsert("datasets", arrow_table("datasets", [row]))


def _made(house: Warehouse, table: str, part: str, bucket: int, kept: pl.DataFrame) -> pl.DataFrame:
    """Read what one part made of those trajectories of one bucket that come from it, in the merged splits."""
    own = kept.filter(pl.col("rule") == MERGED_RULE + part).lazy()
    rows = house.store.scan(table, buckets=[bucket]).filter(pl.col("dataset_id") == part)
    owner, columns = OWNERS[table], rows.collect_schema().names()
    settled = own.select(pl.col("trajectory_id").alias(owner), pl.col("split").alias("settled"))
    found = rows.join(settled, on=owner)
    if "split" in columns:
        found = found.with_columns(split="settled")
    return found.select(columns).collect()


def _lineage_row(row: Row, part: str) -> Row:
    return {
        "child_id": row["dataset_id"],
        "child_kind": "dataset",
        "parent_id": part,
        "parent_kind": "dataset",
        "relation": "wasDerivedFrom",
        "activity": "merge",
    }


def _count_both_forms(house: Warehouse, merged: pl.DataFrame) -> int:
    repairs = house.store.scan("trajectories", columns=["trajectory_id", "parent_id", "relation"]).filter(
        pl.col("relation") == "repair"
    )
    kept = merged.lazy().select("trajectory_id")
    own = repairs.join(kept, on="trajectory_id", how="semi")
    both = own.join(kept.rename({"trajectory_id": "parent_id"}), on="parent_id", how="semi")
    return int(both.select(pl.len()).collect().item())
