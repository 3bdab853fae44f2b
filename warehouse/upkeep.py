"""What keeps a warehouse small and fast: compaction, vacuum, and a sweep of what killed writers leave.

Integrity is in `integrity`, figures are in `status`.
"""

import time
from collections.abc import Iterable
from pathlib import Path

import msgspec
import polars as pl

from schemas.tables.declaration import BUCKET
from warehouse.atomic import UNFINISHED_SUFFIX
from warehouse.bucket_files import merge_files
from warehouse.commits import retry_commit
from warehouse.delta import WRITER, live_files, open_delta
from warehouse.house import Warehouse
from warehouse.integrity import key_of

SWEEP_AGE_S = 3600.0
"""A running writer's files are younger than this."""
RETENTION_HOURS = 168


class _File(msgspec.Struct):
    path: str


class _Action(msgspec.Struct):
    add: _File | None = None
    remove: _File | None = None


def compact(warehouse: Warehouse, table: str) -> int:
    """Give each bucket that lies in several files one, or a table without buckets one, without changing a row.

    Rows are sorted by the key, or by its first column where Delta Lake does it (a Z-order over one column): plain
    compaction interleaves the merged files, and to look up one trajectory then takes five times as long.

    Returns:
        How many files fewer a reader has to open; past versions hold the old ones until `vacuum`.

    Raises:
        CommitConflictError: other writers kept winning.
    """
    return retry_commit(table, lambda: _compact_once(table, warehouse.store.path(table)))


def vacuum(warehouse: Warehouse, table: str, *, retention_hours: int = RETENTION_HOURS) -> list[str]:
    """Delete the files that only past versions hold, except versions that a dataset was built from.

    Args:
        warehouse: the warehouse.
        table: name of the table.
        retention_hours: past versions younger than this stay readable.

    Returns:
        The deleted files, relative to the table's folder.
    """
    delta = open_delta(warehouse.store.path(table))
    if delta is None:
        return []
    return list(
        delta.vacuum(
            retention_hours=retention_hours,
            dry_run=False,
            enforce_retention_duration=False,
            keep_versions=_dataset_versions(warehouse, table) or None,
        )
    )


def sweep(warehouse: Warehouse, *, older_than_s: float = SWEEP_AGE_S) -> pl.DataFrame:
    """Delete what killed writers left: staged and uncommitted files, unfinished small files, spilled query parts.

    Half-done inserts are undone first. Delta's own vacuum does not list staged files.

    Args:
        warehouse: the warehouse.
        older_than_s: age in seconds; younger files may belong to a running writer and stay.

    Returns:
        `path` and `bytes_count` of each deleted file.
    """
    warehouse.recover()
    newest = time.time() - older_than_s
    orphans = [path for folder in warehouse.store.folder.glob("*") for path in _orphans(folder)]
    unfinished = warehouse.root.rglob(f"*{UNFINISHED_SUFFIX}")
    spilled = (path for path in (warehouse.root / "spill").rglob("*") if path.is_file())
    swept = [(str(path), size) for path, size in _old_files({*orphans, *unfinished, *spilled}, newest)]
    for path, _ in swept:
        Path(path).unlink(missing_ok=True)
    return pl.DataFrame(swept, schema={"path": pl.String, "bytes_count": pl.Int64}, orient="row")


def _compact_once(table: str, folder: Path) -> int:
    delta = open_delta(folder)
    if delta is None:
        return 0
    columns = {field.name for field in delta.schema().fields}
    if BUCKET in columns.difference(delta.metadata().partition_columns, key_of(table)):
        return merge_files(delta, folder, key_of(table))
    parts = live_files(delta, folder).group_by(BUCKET).len().filter(pl.col("len") > 1)
    if parts.is_empty():
        return 0
    buckets = parts[BUCKET].drop_nulls().sort().cast(pl.String).to_list()
    metrics = delta.optimize.z_order(
        [key_of(table)[0]],
        partition_filters=[(BUCKET, "in", buckets)] if buckets else None,
        writer_properties=WRITER,
    )
    return int(metrics["numFilesRemoved"] - metrics["numFilesAdded"])


def _orphans(folder: Path) -> list[Path]:
    """List files that no version of a table names; the folder is read before its log, so no commit is missed."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    staged = [path for path in files if "#" in path.name]
    data = [path for path in files if path.suffix == ".parquet" and "_delta_log" not in path.parts]
    named = _files_in_log(folder)
    return staged + [path for path in data if str(path.relative_to(folder)) not in named]


def _files_in_log(folder: Path) -> set[str]:
    """Name the files of all versions; `logRetentionDuration` keeps every commit."""
    named: set[str] = set()
    for commit in (folder / "_delta_log").glob("*.json"):
        for action in msgspec.json.Decoder(_Action).decode_lines(commit.read_bytes()):
            named.update(file.path for file in (action.add, action.remove) if file is not None)
    return named


def _old_files(paths: Iterable[Path], newest: float) -> list[tuple[Path, int]]:
    found = []
    for path in sorted(paths):
        try:
            facts = path.stat()
        except FileNotFoundError:
            continue  # its writer committed it just now
        if facts.st_mtime <= newest:
            found.append((path, facts.st_size))
    return found


def _dataset_versions(warehouse: Warehouse, table: str) -> list[int]:
    built_from = warehouse.store.read("datasets", columns=["table_versions"])["table_versions"]
    versions = (msgspec.json.decode(text, type=dict[str, int]) for text in built_from)
    return sorted({version[table] for version in versions if table in version})
