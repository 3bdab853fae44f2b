"""The files of tables whose rows belong to buckets: the bucket is a plain column, and a file holds one bucket or several.

As Delta partitions, each commit would be a file for each of its buckets. A night adds a few rows to every bucket, and
an ingest some megabytes at a time: thousands of small files, which every reader opens and every log lists. So:

- what came in (raw tables): a commit is one file or two. No row group holds rows of two buckets, so who reads a bucket
  skips the others;
- what is computed, and replaced by whole buckets: a large commit is a file per bucket, a small one is one file;
- compacted tables have a file per bucket.

The path in the log tells which is which (see `live_files`).
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import polars as pl
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable
from deltalake.transaction import AddAction, RemoveAction

from schemas.tables import Table
from schemas.tables.declaration import BUCKET
from warehouse.conformity import conform
from warehouse.data_files import write_data_file
from warehouse.delta import ROW_GROUP_ROWS, live_files, now_ms, scan_files
from warehouse.evolution import stored_schema

Sliced = TypeVar("Sliced", pa.Table, pl.DataFrame)

MIXED_ROWS = ROW_GROUP_ROWS
"""Most computed rows of a commit that go to one file, whatever their buckets: reading one bucket of them reads a row
group."""
FILES_AT_ONCE = 2
"""Compression is most of the work of a commit, and needs no lock of Python's; more writers would hold more memory."""
DICTIONARY_ROWS = 256
"""With fewer raw rows of a bucket, in the mean, dictionaries take more time than the rows, and save nothing."""
SPLIT_BYTES = 4 * 2**20
"""From here on a commit of raw rows is written as two files, side by side."""
AT_ONCE = CommitProperties(max_commit_retries=0)
"""What replaces files was made from the version that was opened: if another came, it has to be made anew."""


def has_plain_buckets(delta: DeltaTable, table: Table) -> bool:
    """Tell whether a table's files are laid out here; those of older warehouses are Delta partitions."""
    return table.is_bucketed and BUCKET not in delta.metadata().partition_columns


def add_rows(delta: DeltaTable, folder: Path, table: Table, rows: pa.Table) -> None:
    """Commit rows beside what is there; raw ones come sorted by bucket."""
    _commit(delta, _write(folder, rows) if table.is_computed else _write_raw(folder, rows))


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

    Buckets that have one file already stay as they are, and so does a table that would have no fewer files.

    Returns:
        How many files fewer there are; 0 without a commit.

    Raises:
        CommitFailedError: another commit came since the table was opened.
    """
    files, schema = live_files(delta, folder), stored_schema(delta)
    if files.height <= 1:
        return 0
    parts = _parts_to_merge(files, schema)
    is_merged = pl.col(BUCKET).is_null() | pl.col(BUCKET).is_in([bucket for part in parts for bucket in part])
    merged = files.filter(is_merged)
    if merged.height <= len(parts):
        return 0
    added = [
        _merge(
            folder, merged.filter(pl.col(BUCKET).is_in(part) | pl.col(BUCKET).is_null()), schema, part, key
        )
        for part in parts
    ]
    _commit(delta, [*added, *_removals(folder, merged)], AT_ONCE)
    return merged.height - len(added)


def _parts_to_merge(files: pl.DataFrame, schema: pa.Schema) -> list[list[int]]:
    """Name the buckets that get a file together: all of a small table, else each that lies in several files."""
    own, mixed = files.drop_nulls(BUCKET), files.filter(pl.col(BUCKET).is_null())
    held = (
        pl.concat(scan_files(mixed, schema, [BUCKET])).collect()[BUCKET]
        if mixed.height
        else own[BUCKET].clear()
    )
    if files["row_count"].sum() <= MIXED_ROWS:
        return [pl.concat([own[BUCKET], held]).unique().sort().to_list()]
    spread = pl.concat([own.filter(pl.col(BUCKET).is_duplicated())[BUCKET], held])
    return [[bucket] for bucket in spread.unique().sort()]


def _merge(
    folder: Path, files: pl.DataFrame, schema: pa.Schema, buckets: Sequence[int], key: Sequence[str]
) -> AddAction:
    """Write what some files hold of some buckets to one file; besides the rows, only a few at a time are copied."""
    rows = pl.concat(scan_files(files, schema, schema.names, buckets)).collect().sort(BUCKET, *key)
    pieces = (
        piece.to_arrow().cast(schema)
        for bucket in _by_bucket(rows)
        for piece in bucket.iter_slices(ROW_GROUP_ROWS)
    )
    return write_data_file(folder, _file_name(buckets), pieces, has_dictionaries=True)


def _write_raw(folder: Path, rows: pa.Table) -> list[AddAction]:
    parts = list(_by_bucket(rows))
    has_dictionaries = rows.num_rows >= DICTIONARY_ROWS * len(parts)

    def write(held: Sequence[pa.Table]) -> AddAction:
        buckets = [part[BUCKET][0].as_py() for part in held]
        return write_data_file(folder, _file_name(buckets), held, has_dictionaries=has_dictionaries)

    with ThreadPoolExecutor(FILES_AT_ONCE) as threads:
        return list(threads.map(write, _halved(parts) if rows.nbytes >= SPLIT_BYTES else [parts]))


def _by_bucket(rows: Sliced) -> Iterator[Sliced]:
    """Cut sorted rows into buckets; nothing is copied."""
    start = 0
    for length in pl.Series(rows[BUCKET]).rle().struct.field("len"):
        yield rows.slice(start, length)
        start += length


def _halved(parts: Sequence[pa.Table]) -> list[Sequence[pa.Table]]:
    """Split parts in two of about as many bytes, in their order; one part stays whole."""
    sizes = pl.Series([part.nbytes for part in parts])
    middle = max(1, int((sizes.cum_sum() <= sizes.sum() / 2).sum()))
    return [half for half in (parts[:middle], parts[middle:]) if half]


def _write(folder: Path, rows: pa.Table) -> list[AddAction]:
    """Write computed rows to new files: one when they are few, else one per bucket."""
    buckets = pl.Series(BUCKET, rows[BUCKET])
    distinct = buckets.unique().sort().to_list()
    if rows.num_rows > MIXED_ROWS:
        return [
            write_data_file(
                folder,
                _file_name([bucket]),
                [part := rows.filter((buckets == bucket).to_arrow())],
                has_dictionaries=part.num_rows > MIXED_ROWS,
            )
            for bucket in distinct
        ]
    if not distinct:
        return []
    order = buckets.to_frame().with_row_index("place").sort(BUCKET, maintain_order=True)["place"]
    return [
        write_data_file(folder, _file_name(distinct), [rows.take(order.to_arrow())], has_dictionaries=False)
    ]


def _file_name(buckets: Sequence[int]) -> str:
    """Name a new file; the folder of one that holds a single bucket says which."""
    name = f"part-{uuid4()}.parquet"
    return f"{BUCKET}={buckets[0]}/{name}" if len(buckets) == 1 else name


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
