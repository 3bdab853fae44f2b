"""A warehouse in figures."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from deltalake import DeltaTable

from warehouse.delta import live_files, open_delta
from warehouse.house import Warehouse

STATUS_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "table": pl.String,
    "row_count": pl.Int64,
    "version": pl.Int64,
    "file_count": pl.Int64,
    "bytes_count": pl.Int64,
    "disk_bytes_count": pl.Int64,
    "last_operation": pl.String,
    "last_commit_at": pl.Datetime("ms", "UTC"),
}


def status(warehouse: Warehouse) -> pl.DataFrame:
    """Describe each table that was ever written; reads logs and file sizes, never rows.

    Returns:
        One row per table: `row_count`, `version` (0 is its creation), `file_count` and `bytes_count` of the current
        version, `disk_bytes_count` with all past versions and the log, the `last_operation` and its time.
    """
    rows = [_table_status(name, warehouse.store.path(name)) for name in warehouse.store.table_names()]
    return pl.DataFrame([row for row in rows if row is not None], schema=STATUS_COLUMNS, orient="row")


def _table_status(name: str, folder: Path) -> tuple[object, ...] | None:
    delta = open_delta(folder)
    if delta is None:
        return None
    files = live_files(delta, folder)
    operation, committed_at = _last_commit(delta)
    return (
        name,
        files["row_count"].sum(),
        delta.version(),
        files.height,
        files["bytes_count"].sum(),
        sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
        operation,
        committed_at,
    )


def _last_commit(delta: DeltaTable) -> tuple[str, datetime]:
    commit = delta.history(1)[0]
    return commit["operation"], datetime.fromtimestamp(commit["timestamp"] / 1000, tz=UTC)
