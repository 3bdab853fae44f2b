"""Tables as an older Winnow declared and wrote them: without some of today's columns."""

from dataclasses import replace
from typing import Any

import duckdb
import polars as pl
import polars.selectors as cs
import pyarrow as pa
from polars.testing import assert_frame_equal

from schemas.rows import arrow_table
from schemas.tables import TABLES, Table
from schemas.tables.declaration import BUCKET, INTEGER, STRING, Column
from schemas.tables.signal_tables import signal_table
from warehouse import Warehouse
from warehouse.results import run_query
from warehouse.views import LiveTable, live_table

LOOPS = signal_table(
    "loops",
    "trajectory",
    (
        Column(name="loop_name", type=STRING, doc="A name; null when there is none.", nullable=True),
        Column(name="loop_count", type=INTEGER, doc="Loops."),
    ),
)
KINDS = {"raw": TABLES["scores"], "without buckets": TABLES["sources"], "computed": LOOPS}
"""One of each layout of files."""
FILLED: dict[pa.DataType, Any] = {
    pa.large_binary(): b"\x00\xff",
    pa.timestamp("us", tz="UTC"): 1_700_000_000_000_000,
}


def without(table: Table, *names: str) -> Table:
    """Declare a table without some columns."""
    return replace(table, columns=tuple(column for column in table.columns if column.name not in names))


def learnable(table: Table) -> tuple[str, ...]:
    """Name the columns that a table of an older declaration could lack."""
    fixed = (*table.key, BUCKET)
    return tuple(column.name for column in table.columns if column.nullable and column.name not in fixed)


def older(table: Table) -> Table:
    """Declare a table with as few of its columns as could be."""
    return without(table, *learnable(table))


def filled(table: Table, numbers: range) -> pa.Table:
    """Make a row per number, with a value in every column."""
    return arrow_table(
        table, [{it.name: _value(table, it, number) for it in table.columns} for number in numbers]
    )


def under(table: Table, *parts: pa.Table) -> pl.DataFrame:
    """Put rows of several declarations below each other under the last one, with nulls, by key."""
    frames = [table.arrow_schema.empty_table(), *parts]
    return pl.concat([pl.DataFrame(frame) for frame in frames], how="diagonal").sort(table.key)


def shown(house: Warehouse, name: str, query: str | None = None) -> pl.DataFrame:
    """Ask on both roads, DuckDB's own reader and the console's Arrow datasets, which must agree."""
    answers = []
    for bind in (LiveTable.from_files, LiveTable.from_arrow):
        with duckdb.connect(":memory:") as connection:
            bind(live_table(house.store, name), connection)
            answers.append(run_query(connection, query or f'FROM "{name}" ORDER BY ALL').to_polars())
    assert_frame_equal(*answers)
    return answers[0].with_columns(cs.datetime().dt.convert_time_zone("UTC"))


def _value(table: Table, column: Column, number: int) -> Any:
    if column.allowed:
        return column.allowed[0]
    if column.name == "bucket":
        return number % 2
    if column.name in table.key and column.type == STRING:
        return f"{number:032x}"
    return _of_type(column.type, number)


def _of_type(kind: pa.DataType, number: int) -> Any:
    if kind in FILLED:
        return FILLED[kind]
    if pa.types.is_list(kind):
        return [_of_type(kind.value_type, number)]
    if pa.types.is_struct(kind):
        return {field.name: _of_type(field.type, number) for field in kind}
    if pa.types.is_string(kind):
        return f"text {number}"
    return number % 2 == 1 if pa.types.is_boolean(kind) else number
