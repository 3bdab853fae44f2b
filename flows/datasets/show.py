"""A dataset's own manifest: all that the warehouse knows of it."""

from typing import Any

import msgspec
import polars as pl

from flows.datasets.facts import read_facts
from flows.datasets.find import Merge, read_heads, recipe_of
from flows.datasets.manifest import COUNTS
from flows.datasets.pinned import as_curated
from flows.datasets.trained import trained_by_view
from schemas.rows import Row
from warehouse import Warehouse

KEPT = """
    SELECT trajectory_id, task_id, split, rule, parent_id, source_name, source_format, benchmark, task_key,
        record_id, source_uri, locator
    FROM (SELECT trajectory_id, split, rule FROM decisions WHERE dataset_id = $dataset_id AND verdict = 'kept')
    JOIN (SELECT * EXCLUDE (split) FROM trajectory_overview) USING (trajectory_id)
    LEFT JOIN (SELECT record_id, source_uri, locator FROM records) USING (record_id)
    ORDER BY trajectory_id
"""


def describe(house: Warehouse, built: Row) -> dict[str, Any]:
    """Describe a dataset: recipe, versions, counts, origins, signals, what each view trains, exports."""
    recipe = recipe_of(built)
    facts = read_facts(as_curated(house, built), built)
    return {
        "dataset_id": built["dataset_id"],
        "name": built["name"],
        "is_head": read_heads(house).get(built["name"]) == built["dataset_id"],
        "merged_from": list(recipe.merge) if isinstance(recipe, Merge) else [],
        "recipe_hash": built["recipe_hash"],
        "recipe": msgspec.json.decode(built["recipe"]),
        "input_fingerprint": built["input_fingerprint"],
        "code_version": built["code_version"],
        "table_versions": msgspec.json.decode(built["table_versions"]),
        "counts": {name: built[name] for name in COUNTS},
        "decision_counts": facts.decision_counts,
        "splits": facts.splits.to_dicts(),
        **{name: counts.to_dicts() for name, counts in facts.origins.items()},
        "licence": facts.licence,
        "licences": facts.licences.to_dicts(),
        "signals": facts.signals.to_dicts(),
        "trained": trained_by_view(house, built["dataset_id"]),
        "exports": _exports(house, built["dataset_id"]),
    }


def kept_rows(house: Warehouse, built: Row) -> pl.DataFrame:
    """Give each kept trajectory with its split and its source; `rule` is `merge:PART` in a merged dataset."""
    return house.sql(KEPT, {"dataset_id": built["dataset_id"]}).to_polars()


def _exports(house: Warehouse, dataset_id: str) -> list[Row]:
    written = house.store.read("exports").filter(pl.col("dataset_id") == dataset_id)
    return written.select("format", "row_count", "parameters", "losses", "export_id").to_dicts()
