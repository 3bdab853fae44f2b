"""One Delta table as a folder: open it, create it, list the files that a version consists of."""

import time
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import ColumnProperties, DeltaTable, WriterProperties
from deltalake.exceptions import TableNotFoundError

from schemas.tables import Table
from schemas.tables.declaration import BUCKET

LONG_TEXTS = ("raw", "text", "content_json", "reasoning", "extra", "tools", "observation")
"""Columns of long and mostly different texts: no dictionary could hold them, and nobody asks for their extremes."""
ROW_GROUP_ROWS = 4096
"""Small row groups: to look up one trajectory reads a few thousand rows per file, whatever the table's size."""
WRITER = WriterProperties(
    compression="ZSTD",
    max_row_group_size=ROW_GROUP_ROWS,
    column_properties={
        name: ColumnProperties(dictionary_enabled=False, statistics_enabled="NONE") for name in LONG_TEXTS
    },
)

BUCKET_FOLDER = rf"^{BUCKET}=(\d+)/"
"""Where the files of one bucket lie, also in a table that Delta does not partition by it (see `bucket_files`)."""

CONFIGURATION = {
    # Datasets name the versions that they were built from: only `upkeep.vacuum` decides what may go.
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.checkpointInterval": "50",
}


def open_delta(path: Path, version: int | None = None) -> DeltaTable | None:
    """Open a table at a version (the current one by default); null when it was never written."""
    if not (path / "_delta_log").is_dir():
        return None
    try:
        return DeltaTable(path, version=version)
    except TableNotFoundError:
        return None


def open_or_create_delta(path: Path, table: Table) -> DeltaTable:
    """Open a table, creating it empty under its declared schema; safe when several processes do so at once."""
    return open_delta(path) or DeltaTable.create(
        path,
        table.arrow_schema,
        mode="ignore",
        configuration=CONFIGURATION,
    )


def live_files(delta: DeltaTable, path: Path) -> pl.DataFrame:
    """List the files of the opened version.

    Paths are built from the log: `file_uris` percent-encodes them, and neither DuckDB nor Polars decodes that.

    Returns:
        `path` (absolute), `row_count`, `bytes_count`, and `bucket` (null in a table without buckets, and for a file
        with rows of several), by path.
    """
    actions = pl.DataFrame(pa.table(delta.get_add_actions(flatten=True)))
    is_partitioned = f"partition.{BUCKET}" in actions.columns
    bucket = pl.col(f"partition.{BUCKET}") if is_partitioned else pl.col("path").str.extract(BUCKET_FOLDER)
    return actions.select(
        path=pl.lit(f"{path.absolute()}/") + pl.col("path"),
        row_count=pl.col("num_records").cast(pl.Int64),
        bytes_count=pl.col("size_bytes").cast(pl.Int64),
        bucket=bucket.cast(pl.Int32),
    ).sort("path")


def now_ms() -> int:
    """Tell the time as Delta's log does."""
    return int(time.time() * 1000)


def unpacked_bytes(files: pl.DataFrame) -> dict[int, int]:
    """Estimate what each bucket holds unpacked.

    Of files with rows of several buckets, each row group that holds one bucket counts. Of files with rows of one
    bucket: their sizes, times what the largest one unpacks to, so that one footer per bucket is read.
    """
    mixed = files.filter(pl.col(BUCKET).is_null())["path"]
    largest = files.drop_nulls(BUCKET).sort("bytes_count", "path").group_by(BUCKET)
    held = largest.agg(
        pl.col("bytes_count").sum(), path=pl.col("path").last(), of=pl.col("bytes_count").last()
    )
    counted = Counter(
        {
            row[BUCKET]: row["bytes_count"] * sum(_unpacked_row_groups(row["path"]).values()) // row["of"]
            for row in held.iter_rows(named=True)
        }
    )
    for path in mixed:
        counted.update(
            {bucket: size for bucket, size in _unpacked_row_groups(path).items() if bucket is not None}
        )
    return dict(counted)


def _unpacked_row_groups(path: str) -> "Counter[int | None]":
    """Sum the unpacked sizes of a file's row groups by bucket; null where one holds several, or does not say."""
    footer = pq.read_metadata(path)
    place = footer.schema.names.index(BUCKET) if BUCKET in footer.schema.names else None
    sizes: Counter[int | None] = Counter()
    for index in range(footer.num_row_groups):
        group = footer.row_group(index)
        extremes = None if place is None else group.column(place).statistics
        bucket = None
        if extremes is not None and extremes.has_min_max and extremes.min == extremes.max:
            bucket = extremes.min
        sizes[bucket] += group.total_byte_size
    return sizes


def scan_files(
    files: pl.DataFrame, schema: pa.Schema, columns: Sequence[str], buckets: Collection[int] | None = None
) -> list[pl.LazyFrame]:
    """Scan files of `live_files`, one frame per bucket; the bucket comes from the log.

    Args:
        files: the files.
        schema: the table's columns; those that a file lacks are null in its rows.
        columns: which columns, in this order.
        buckets: whose rows to take from files with rows of several; all when null.
    """
    frames = []
    shape: dict[str, Any] = {"schema": pl.DataFrame(schema.empty_table()).schema}
    shape |= {"missing_columns": "insert", "extra_columns": "ignore"}
    for (bucket,), part in files.partition_by(BUCKET, as_dict=True, maintain_order=True).items():
        frame = pl.scan_parquet(part["path"].to_list(), glob=False, hive_partitioning=False, **shape)
        if bucket is not None:
            frame = frame.with_columns(pl.lit(bucket, pl.Int32).alias(BUCKET))
        elif buckets is not None:
            frame = frame.filter(pl.col(BUCKET).is_in(list(buckets)))
        frames.append(frame.select(columns))
    return frames
