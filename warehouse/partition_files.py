"""The files of tables whose bucket is a Delta partition: what comes in, one file per bucket and commit.

delta-rs writes all partitions of a commit side by side, with a writer for each column of each of them: 380 for a batch
of messages. Here two files are written at a time, which saves some 140 MiB and a sixth of the CPU time.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import polars as pl
import pyarrow as pa
from deltalake import DeltaTable
from deltalake.transaction import AddAction

from schemas.tables.declaration import BUCKET
from warehouse.delta import LONG_TEXTS, write_data_file

LONG_LEAVES = (*LONG_TEXTS, "arguments")
"""Names of leaves without dictionary and extremes: those of long texts, and the arguments inside calls."""
MIDDLING_TEXTS = ("instruction", "policy")
"""Names of leaves with a dictionary, since tasks share them, and no extremes, which would be most of a small file."""
DICTIONARY_ROWS = 256
"""Below it a dictionary takes more time than the rows, and saves nothing."""

FILES_AT_ONCE = 2
"""Compression is most of the work of a commit, and needs no lock of Python's; more writers would hold more memory."""


def add_partitions(delta: DeltaTable, folder: Path, rows: pa.Table) -> None:
    """Commit rows beside what is there.

    Args:
        delta: a table that is partitioned by its bucket.
        folder: where it lies.
        rows: rows under its schema, sorted by bucket.
    """
    leaves = [leaf for field in rows.schema for leaf in _leaves(field, field.name)]
    with ThreadPoolExecutor(FILES_AT_ONCE) as threads:
        files = [threads.submit(_write_file, folder, bucket, part, leaves) for bucket, part in _parts(rows)]
    added = [file.result() for file in files]
    delta.create_write_transaction(added, "append", delta.schema(), [BUCKET])


def _parts(rows: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    """Cut sorted rows into buckets; nothing is copied."""
    held, start = rows.drop_columns([BUCKET]), 0
    for bucket, length in pl.Series(rows[BUCKET]).rle().struct.unnest().select("value", "len").iter_rows():
        yield bucket, held.slice(start, length)
        start += length


def _write_file(folder: Path, bucket: int, rows: pa.Table, leaves: list[str]) -> AddAction:
    short = [leaf for leaf in leaves if _name(leaf) not in LONG_LEAVES]
    return write_data_file(
        folder,
        f"{BUCKET}={bucket}/part-{uuid4()}.parquet",
        rows,
        {BUCKET: str(bucket)},
        use_dictionary=short if rows.num_rows >= DICTIONARY_ROWS else False,
        write_statistics=[leaf for leaf in short if _name(leaf) not in MIDDLING_TEXTS],
    )


def _leaves(field: "pa.Field[Any]", path: str) -> Iterator[str]:
    """Name the leaves of a column as Parquet does."""
    if pa.types.is_list(field.type):
        yield from _leaves(field.type.value_field, f"{path}.list.element")
    elif pa.types.is_struct(field.type):
        for child in field.type:
            yield from _leaves(child, f"{path}.{child.name}")
    else:
        yield path


def _name(leaf: str) -> str:
    return leaf.rpartition(".")[2]
