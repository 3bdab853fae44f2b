"""The files of computed tables: one per bucket, and small ones that hold a few rows of many buckets.

What a night adds is a few rows in every bucket. As Delta partitions these would be a file per bucket, and writing small
files is what scoring again would mostly do. So computed tables keep their bucket as a plain column. A large commit writes
a file per bucket, a small one writes one file; the path in the log tells which is which (see `live_files`).
"""

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from uuid import uuid4

import polars as pl
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable
from deltalake.transaction import AddAction, RemoveAction

from schemas.tables import Table
from schemas.tables.declaration import BUCKET
from warehouse.conformity import conform
from warehouse.delta import ROW_GROUP_ROWS, live_files, now_ms, scan_files, write_data_file
from warehouse.evolution import stored_schema

MIXED_ROWS = ROW_GROUP_ROWS
"""Most rows of a commit that go to one file, whatever their buckets: reading one bucket of them reads a row group."""
AT_ONCE = CommitProperties(max_commit_retries=0)
"""What replaces files was made from the version that was opened: if another came, it has to be made anew."""


def has_plain_buckets(delta: DeltaTable, table: Table) -> bool:
    """Tell whether a table's files are laid out here; those of older warehouses are Delta partitions."""
    return table.is_computed and BUCKET not in delta.metadata().partition_columns


def add_rows(delta: DeltaTable, folder: Path, rows: pa.Table) -> None:
    """Commit rows beside what is there."""
    _commit(delta, _write(folder, rows))


def replace_rows(
    delta: DeltaTable, folder: Path, table: Table, rows: pa.Table, buckets: Collection[int]
) -> None:
    """Commit rows in place of all that buckets hold.

    Raises:
        CommitFailedError: another commit came since the table was opened.
    """
    files = live_files(delta, folder)
    gone, kept = files.filter(pl.col(BUCKET).is_in(list(buckets))), list[pl.DataFrame]()
    for mixed in files.filter(pl.col(BUCKET).is_null()).iter_slices(1):
        held = pl.concat(scan_files(mixed, table.arrow_schema, table.column_names)).collect()
        others = held.filter(~pl.col(BUCKET).is_in(list(buckets)))
        if others.height < held.height:
            gone = pl.concat([gone, mixed])
            kept.append(others)
    added = [*_write(folder, rows)]
    if kept:
        added += _write(folder, conform(table, pl.concat(kept)))
    _commit(delta, [*added, *_removals(folder, gone)], AT_ONCE)


def merge_files(delta: DeltaTable, folder: Path, key: Sequence[str]) -> int:
    """Give each bucket one file, sorted by `key`, or a small table one in all; no row changes.

    Returns:
        How many files fewer there are; 0 without a commit when that is how it is.

    Raises:
        CommitFailedError: another commit came since the table was opened.
    """
    files = live_files(delta, folder)
    is_mixed, schema = pl.col(BUCKET).is_null(), stored_schema(delta)
    if files.height <= 1 or files[BUCKET].drop_nulls().n_unique() == files.height:
        return 0
    buckets = pl.concat(scan_files(files, schema, [BUCKET])).unique().sort(BUCKET).collect()[BUCKET].to_list()
    parts = [buckets] if files["row_count"].sum() <= MIXED_ROWS else [[bucket] for bucket in buckets]
    added: list[AddAction] = []
    for part in parts:
        held = files.filter(pl.col(BUCKET).is_in(part) | is_mixed)
        rows = pl.concat(scan_files(held, schema, schema.names, part)).collect().sort(key)
        added += _write(folder, rows.to_arrow().cast(schema))
    _commit(delta, [*added, *_removals(folder, files)], AT_ONCE)
    return files.height - len(added)


def _write(folder: Path, rows: pa.Table) -> list[AddAction]:
    """Write rows to new files: one when they are few, else one per bucket."""
    buckets = pl.Series(BUCKET, rows[BUCKET])
    if rows.num_rows > MIXED_ROWS:
        parts = [rows.filter((buckets == bucket).to_arrow()) for bucket in buckets.unique().sort()]
    else:
        order = buckets.to_frame().with_row_index("place").sort(BUCKET, maintain_order=True)["place"]
        parts = [rows.take(order.to_arrow())] if rows.num_rows else []
    return [_write_file(folder, part) for part in parts]


def _write_file(folder: Path, rows: pa.Table) -> AddAction:
    buckets = rows[BUCKET].unique()
    name = f"part-{uuid4()}.parquet"
    if len(buckets) == 1:
        name = f"{BUCKET}={buckets[0]}/{name}"
    return write_data_file(folder, name, rows, {}, use_dictionary=rows.num_rows > MIXED_ROWS)


def _removals(folder: Path, files: pl.DataFrame) -> list[RemoveAction]:
    return [
        RemoveAction(str(Path(path).relative_to(folder.absolute())), True, now_ms(), size)
        for path, size in files.select("path", "bytes_count").rows()
    ]


def _commit(
    delta: DeltaTable, actions: Iterable[AddAction | RemoveAction], how: CommitProperties | None = None
) -> None:
    actions = list(actions)
    if actions:
        delta.create_write_transaction(actions, "append", delta.schema(), [], commit_properties=how)
