"""Delete a dataset: its decisions, labels, exports' rows and name; never a trajectory, a raw record or a written file.

Its row goes first: from then on it is what a killed curation leaves, which is no dataset, and which a second `delete`
or the same curation removes. Its name goes last, so that a killed `delete` can be run again by the same name.
"""

from dataclasses import dataclass
from pathlib import Path

import polars as pl
from prefect import flow

from flows.datasets.find import Merge, find_dataset, read_heads, recipe_of
from flows.datasets.landing import OWNERS, remove_decisions
from flows.runs import recorded
from schemas.errors import WinnowError
from warehouse import Warehouse

HOLDERS = ("datasets", "decisions", *OWNERS, "exports")
"""Tables in which a dataset, or what is left of one, has rows."""


@dataclass(frozen=True, kw_only=True)
class DeleteReport:
    """What was removed."""

    dataset_id: str
    row_counts: dict[str, int]
    """Rows removed per table."""


@flow(name="delete")
@recorded
def delete(*, warehouse: Path, dataset: str, force: bool = False) -> DeleteReport:
    """Delete a dataset.

    Args:
        warehouse: folder of the store.
        dataset: its name or id; what is left of a half deleted one is found by either too.
        force: also when other datasets were merged from it; these stay, but what they came from is gone.

    Raises:
        DatasetNotFoundError: there is none.
        WinnowError: another dataset was merged from it.
    """
    house = Warehouse(warehouse)
    name = _identify(house, dataset)
    needing = _needing(house, name)
    if needing and not force:
        raise WinnowError(
            f"The dataset {dataset!r} is a part of merged ones: {', '.join(needing)}.\n\n"
            "Hint: delete these first; with `--force` they stay, and cannot be traced to it any more"
        )
    exports = house.store.read("exports").filter(pl.col("dataset_id") == name)["export_id"]
    own = _sql_list([name])
    row_counts = {"datasets": house.store.delete("datasets", f"dataset_id IN {own}")}
    children = _sql_list([name, *exports])
    row_counts["lineage"] = house.store.delete("lineage", f"child_id IN {children}")
    row_counts["exports"] = house.store.delete("exports", f"dataset_id IN {own}")
    row_counts |= remove_decisions(house, name)
    row_counts["dataset_heads"] = house.store.delete("dataset_heads", f"dataset_id IN {own}")
    return DeleteReport(dataset_id=name, row_counts=row_counts)


def _identify(house: Warehouse, dataset: str) -> str:
    """Find the id of a dataset, or of what is left of one."""
    name = read_heads(house).get(dataset, dataset)
    for table in HOLDERS:
        held = house.store.scan(table, columns=["dataset_id"]).filter(pl.col("dataset_id") == name)
        if held.head(1).collect().height:
            return name
    if name != dataset:
        return name  # only the name is left
    found: str = find_dataset(house, dataset)["dataset_id"]
    return found


def _needing(house: Warehouse, dataset_id: str) -> list[str]:
    """Name the datasets that were merged from this one."""
    merged = []
    for row in house.store.read("datasets").to_dicts():
        recipe = recipe_of(row)
        if isinstance(recipe, Merge) and dataset_id in recipe.merge:
            merged.append(f"{row['name']} ({row['dataset_id']})")
    return sorted(merged)


def _sql_list(values: list[str]) -> str:
    quoted = ", ".join("'" + value.replace("'", "''") + "'" for value in values)
    return f"({quoted})"
