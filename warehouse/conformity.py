"""Incoming rows: fitted to their table's declaration or refused, in order, once per key."""

from typing import Any

import polars as pl
import pyarrow as pa

from schemas.errors import SchemaMismatchError
from schemas.tables import Table

Rows = pa.Table | pl.DataFrame
"""What callers hand in; Polars spells strings and lists as Arrow's large types, which fit too."""

KINDS = {
    "string": (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view),
    "bytes": (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view),
    "integer": (pa.types.is_integer,),
    "real": (pa.types.is_floating,),
    "flag": (pa.types.is_boolean,),
    "moment": (pa.types.is_timestamp,),
    "list": (pa.types.is_list, pa.types.is_large_list),
    "struct": (pa.types.is_struct,),
}
"""Types of one kind differ in width only; a cast between kinds could change a value's meaning and is refused."""


def conform(table: Table, rows: Rows) -> pa.Table:
    """Fit rows to the declared schema: its columns in its order, its widths, no null where none is allowed.

    Raises:
        SchemaMismatchError: a column is missing or unknown, of another kind, too narrow for a value, or holds a
            null that it may not.
    """
    arrow = as_arrow(rows)
    if set(arrow.column_names) != set(table.column_names) or arrow.num_columns != len(table.columns):
        raise _names_mismatch(table, arrow.column_names)
    for column in table.columns:
        _check_column(table, column.name, column.type, arrow.column(column.name), nullable=column.nullable)
    try:
        return arrow.select(table.column_names).cast(table.arrow_schema)
    except (pa.ArrowInvalid, ValueError) as exc:
        raise SchemaMismatchError(f"Rows do not fit table {table.name!r}: {exc}") from exc


def as_arrow(rows: Rows) -> pa.Table:
    """Give rows as Arrow, also when several threads ask for those of one frame at once.

    Polars 2.1 waits for the frame's lock while it holds Python's, and whoever has the frame's may wait for Python's: of
    two threads in `DataFrame.to_arrow`, both wait for ever. A clone has a lock of its own, and copies nothing.
    """
    return rows.clone().to_arrow() if isinstance(rows, pl.DataFrame) else rows


def first_per_key(table: Table, rows: pa.Table) -> pa.Table:
    """Keep the first row of each key, in order."""
    keys = pl.DataFrame(rows.select(table.key))
    is_first = keys.select(pl.struct(pl.all()).is_first_distinct()).to_series()
    return rows if is_first.all() else rows.filter(is_first.to_arrow())


def sort_by_key(table: Table, rows: pa.Table) -> pa.Table:
    """Put rows into the table's order, so that one trajectory lies in few row groups.

    Rows that come in order, as ingest makes them, are not copied.
    """
    keys = pl.DataFrame(rows.select(table.order)).with_row_index("place")
    places = keys.sort(table.order, maintain_order=True)["place"]
    return rows if places.is_sorted() else rows.take(places.to_arrow())


def _check_column(
    table: Table, name: str, declared: pa.DataType, values: "pa.ChunkedArray[Any]", *, nullable: bool
) -> None:
    if not _is_same_kind(values.type, declared):
        raise SchemaMismatchError(
            f"Column {name!r} of table {table.name!r} holds {values.type}, but its declared type is {declared}."
        )
    if not nullable and values.null_count:
        raise SchemaMismatchError(
            f"Column {name!r} of table {table.name!r} allows no null, but {values.null_count} of {len(values)} "
            "rows have one."
        )


def _is_same_kind(given: pa.DataType, declared: pa.DataType) -> bool:
    return (
        given.equals(declared)
        or pa.types.is_null(given)
        or any(
            any(is_type(given) for is_type in kind) and any(is_type(declared) for is_type in kind)
            for kind in KINDS.values()
        )
    )


def _names_mismatch(table: Table, given: list[str]) -> SchemaMismatchError:
    missing = sorted(set(table.column_names) - set(given))
    unknown = sorted(set(given) - set(table.column_names))
    return SchemaMismatchError(
        f"Rows do not fit table {table.name!r}: missing columns {missing}, unknown columns {unknown}. "
        f"Declared columns: {', '.join(sorted(table.column_names))}"
    )
