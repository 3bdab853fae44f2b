"""DuckDB views over the live files of each table, and the views that join them.

Two ways to bind a table, with the same columns: `from_files` is DuckDB's own Parquet reader, for the owner;
`from_arrow` hands DuckDB an Arrow dataset, so that a connection needs no access to files at all (see `console`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError
from pyarrow.dataset import FileSystemDataset, ParquetFileFormat, Scanner, field
from pyarrow.fs import LocalFileSystem

from schemas.errors import QueryError, UnknownNameError
from schemas.tables import TABLES
from schemas.tables.declaration import BUCKET
from warehouse.delta import live_files, open_delta
from warehouse.evolution import has_learned, shown_schema, stored_schema
from warehouse.joined import joined_views
from warehouse.store import Store

HIDDEN_COLUMNS = {"records": ("raw",)}
"""Raw bytes may hold gold answers: they come back through `Warehouse.raw_record` alone."""


class SteadyDataset(FileSystemDataset):
    """A dataset that is read without readahead: nothing runs on when a query stops early.

    Arrow's readahead threads outlive an abandoned scan, and crash or hang a process that ends right after it (seen
    with pyarrow 26 after `SELECT ... LIMIT 3`).
    """

    # DuckDB passes `columns` and `filter`.
    def scanner(self, **options: Any) -> Scanner:  # type: ignore[override]
        """Make the scanner that DuckDB asks for, with its column and row filters."""
        return super().scanner(**options, use_threads=False, fragment_readahead=0, batch_readahead=0)


@dataclass(frozen=True, kw_only=True)
class LiveTable:
    """One table at one version, or a declared table that was never written."""

    name: str
    folder: Path
    schema: pa.Schema
    """The columns that the view shows; those that a file lacks are null in its rows."""
    delta: DeltaTable | None = None

    def from_files(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Create the view over the table's Parquet files."""
        files = [] if self.delta is None else live_files(self.delta, self.folder)["path"].to_list()
        if self.delta is None or not files:
            connection.register(self.name, self.schema.empty_table())
            return
        stored, variable = stored_schema(self.delta), f"files of {self.name}"
        # Views name the list: with thousands of paths in the text of each, binding them would be most of a query.
        connection.execute(f'SET VARIABLE "{variable}" = $files', {"files": files})
        rows = f"read_parquet(getvariable({quote(variable)}), {_options(self.delta, stored)})"
        # To compare the columns of all files takes a look into each of them.
        held = connection.sql(f"FROM {rows}").columns if has_learned(stored) else stored.names
        columns = ", ".join(_columns(self.schema, held, connection))
        connection.execute(f'CREATE TEMP VIEW "{self.name}" AS SELECT {columns} FROM {rows}')

    def from_arrow(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Register the table as an Arrow dataset that does not know the hidden columns."""
        if self.delta is None:
            connection.register(self.name, self.schema.empty_table())
        else:
            connection.register(self.name, _dataset(self.delta, self.folder, self.schema))


def _options(delta: DeltaTable, stored: pa.Schema) -> str:
    """Spell how DuckDB reads the files of a table."""
    is_partitioned = BUCKET in delta.metadata().partition_columns
    types = f", hive_types = {{'{BUCKET}': INTEGER}}" if is_partitioned else ""
    return f"hive_partitioning = {is_partitioned}{types}, union_by_name = {has_learned(stored)}"


def _columns(shown: pa.Schema, held: Sequence[str], connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Spell each column that is shown: null of its type where no file holds it."""
    lacking = pa.schema([column for column in shown if column.name not in held])
    types = connection.from_arrow(lacking.empty_table()).types if lacking.names else []
    nulls = {name: f'NULL::{kind} AS "{name}"' for name, kind in zip(lacking.names, types, strict=True)}
    return [nulls.get(name, f'"{name}"') for name in shown.names]


Bind = Callable[[LiveTable, duckdb.DuckDBPyConnection], None]


def live_tables(
    store: Store, *, versions: Mapping[str, int] | None = None, quarantined: bool = False
) -> list[LiveTable]:
    """Find the declared tables and the signals on disk.

    Args:
        store: the tables.
        versions: for some tables, the version to see; the current one by default.
        quarantined: also those that hold gold answers.

    Raises:
        QueryError: a version of a table that does not exist.
        UnknownNameError: `versions` names an unknown table.
    """
    hidden = set() if quarantined else {name for name, table in TABLES.items() if table.is_quarantined}
    names = [name for name in dict.fromkeys((*TABLES, *store.table_names())) if name not in hidden]
    wanted = dict(versions or {})
    for unknown in wanted.keys() - set(names):
        raise UnknownNameError.from_name("table", unknown, names, where="versions")
    return [live_table(store, name, wanted.get(name)) for name in names]


def live_table(
    store: Store, name: str, version: int | None = None, *, shown_as: str | None = None
) -> LiveTable:
    """Find one table.

    Args:
        store: the tables.
        name: a declared table, or one on disk.
        version: a past version; the current one by default.
        shown_as: show the whole table, hidden columns included, under this other name.

    Raises:
        QueryError: a version that does not exist.
    """
    try:
        delta = open_delta(store.path(name), version)
    except DeltaError as exc:
        raise QueryError(f"Table {name!r} has no version {version}. Newest: {store.version(name)}") from exc
    schema = _schema(name, delta)
    hidden = () if shown_as else HIDDEN_COLUMNS.get(name, ())
    shown = pa.schema([column for column in schema if column.name not in hidden])
    return LiveTable(name=shown_as or name, folder=store.path(name), schema=shown, delta=delta)


def _schema(name: str, delta: DeltaTable | None) -> pa.Schema:
    """Give the columns of a table; those of a signal are known to itself and its stored table only."""
    if delta is None:
        return TABLES[name].arrow_schema
    stored = stored_schema(delta)
    return shown_schema(stored, TABLES[name]) if name in TABLES else stored


def _dataset(delta: DeltaTable, folder: Path, schema: pa.Schema) -> SteadyDataset:
    """Give a table's files, of which Arrow is told the bucket and nothing else.

    The log has figures of some columns only, and delta-rs 1.6 hands Arrow the others as never null: `IS NULL` finds
    nothing then.
    """
    files, local, layout = live_files(delta, folder), LocalFileSystem(), ParquetFileFormat()
    fragments = [
        layout.make_fragment(
            path, local, None if bucket is None else field(BUCKET) == pa.scalar(bucket, pa.int32())
        )
        for path, bucket in files.select("path", BUCKET).iter_rows()
    ]
    return SteadyDataset(fragments, schema, layout, local)


def bind_views(connection: duckdb.DuckDBPyConnection, tables: list[LiveTable], bind: Bind) -> None:
    """Bind every table, then create the views that join them."""
    for table in tables:
        bind(table, connection)
    for name, sql in joined_views({table.name: table.schema.names for table in tables}).items():
        _create_view(connection, name, sql)


def _create_view(connection: duckdb.DuckDBPyConnection, name: str, sql: str) -> None:
    try:
        connection.execute(f'CREATE TEMP VIEW "{name}" AS {sql}')
    except duckdb.BinderException as exc:
        raise QueryError(
            f"View {name!r} needs a column that the tables of this warehouse lack: {exc}\n\n"
            "Hint: read it with the version of Winnow that wrote it, or ingest the raw files into a new warehouse"
        ) from exc


def quote(text: str) -> str:
    """Spell a SQL string literal."""
    return "'" + text.replace("'", "''") + "'"
