"""Read JSON columns of Parquet as the values that they hold."""

import json
from typing import Any

import pyarrow as pa

from schemas.training import TrainingFormat, arrow_rows


def read_back(form: TrainingFormat[Any], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Write rows as a Parquet format does, and read them as `decoded_rows`."""
    assert form.arrow_schema is not None
    return decoded_rows(arrow_rows(rows, form.arrow_schema))


def decoded_rows(table: pa.Table) -> list[dict[str, Any]]:
    """Give the rows of a table, JSON columns as values and not as texts."""
    rows = table.to_pylist()
    named = [field.name for field in table.schema if "arrow.json" in str(field.type)]
    return [row | {name: _decoded(row[name]) for name in named} for row in rows]


def _decoded(cell: Any) -> Any:
    if isinstance(cell, list):
        return [_decoded(inner) for inner in cell]
    return None if cell is None else json.loads(cell)
