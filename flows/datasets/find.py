"""Datasets by name or id, and what their row says."""

from collections.abc import Mapping

import msgspec
import polars as pl

from schemas.errors import DatasetNotFoundError
from schemas.recipe import DEFAULT_VIEW, Recipe, View
from schemas.rows import Row
from warehouse import Warehouse


class Merge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands in a merged dataset's column `recipe`, in place of a recipe."""

    merge: tuple[str, ...]
    """Ids of its parts; of a trajectory in several the first counts."""
    name: str
    splits: str | None = None
    """The split that a task gets that the parts have in different ones; null when none may be."""
    redact: tuple[str, ...] = ()
    """What any part redacts."""
    train: tuple[View, ...] = (View(name=DEFAULT_VIEW),)
    """The views that all parts have; without rules, for the labels are copied."""

    def canonical_json(self) -> str:
        """Spell it out, keys sorted."""
        return msgspec.json.encode(self, order="deterministic").decode()


def recipe_of(built: Row) -> Recipe | Merge:
    """Read the recipe of a dataset's row; of a merged one, what was merged."""
    meaning = msgspec.json.decode(built["recipe"])
    if "merge" in meaning:
        return msgspec.convert(meaning, Merge)
    return msgspec.convert(meaning, Recipe)


MERGED_RULE = "merge:"
"""Begins the rule of a merged dataset's decisions; the id of the part that kept the trajectory follows."""


def merged_part(rule: str) -> str | None:
    """Give the part of a merged dataset that a decision is from; null when none was merged."""
    return rule.removeprefix(MERGED_RULE) if rule.startswith(MERGED_RULE) else None


def find_dataset(house: Warehouse, dataset: str) -> Row:
    """Find a dataset by id, or the newest by its recipe's name.

    Raises:
        DatasetNotFoundError: neither.
    """
    datasets = {row["dataset_id"]: row for row in house.store.read("datasets").to_dicts()}
    heads = read_heads(house)
    name = heads.get(dataset, dataset)
    if name not in datasets:
        known = ", ".join(sorted(heads)) or "(none)"
        raise DatasetNotFoundError(
            f"No dataset {dataset!r}. Known datasets: {known}\n\nHint: winnow curate RECIPE"
        )
    return datasets[name]


def read_heads(house: Warehouse) -> Mapping[str, str]:
    """Give the dataset that each name means now."""
    return dict(house.store.read("dataset_heads").select("name", "dataset_id").iter_rows())


def list_datasets(house: Warehouse) -> pl.DataFrame:
    """List all datasets, the newest last.

    No row holds a clock's time. A dataset that was curated from later versions of the tables comes later.

    Returns:
        `name`, `dataset_id`, `is_head` (the name means this one now), `built_from` (table versions, summed), counts of
        trajectories, `exports` by format, and `merged_from` (ids; empty unless it was merged).
    """
    heads = set(read_heads(house).items())
    formats = house.store.read("exports").group_by("dataset_id").agg(pl.col("format").sort())
    written = dict(formats.iter_rows())
    rows = []
    for row in house.store.read("datasets").to_dicts():
        recipe = recipe_of(row)
        versions = msgspec.json.decode(row["table_versions"], type=dict[str, int])
        rows.append(
            {
                "name": row["name"],
                "dataset_id": row["dataset_id"],
                "is_head": (row["name"], row["dataset_id"]) in heads,
                "built_from": sum(versions.values()),
                **{name: row[name] for name in ("read_count", "kept_count", "dropped_count")},
                "exports": written.get(row["dataset_id"], []),
                "merged_from": list(recipe.merge) if isinstance(recipe, Merge) else [],
            }
        )
    return pl.DataFrame(rows, schema=LISTED).sort("built_from", "is_head", "name", "dataset_id")


LISTED: dict[str, pl.DataType | type[pl.DataType]] = {
    "name": pl.String,
    "dataset_id": pl.String,
    "is_head": pl.Boolean,
    "built_from": pl.Int64,
    "read_count": pl.Int64,
    "kept_count": pl.Int64,
    "dropped_count": pl.Int64,
    "exports": pl.List(pl.String),
    "merged_from": pl.List(pl.String),
}
"""Columns of `list_datasets`."""
