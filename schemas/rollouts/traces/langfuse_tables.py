"""Langfuse exports as tables: the rows of a CSV or Parquet file, as the JSON documents that the other exports hold.

The columns are those of the JSON exports (reference of the blob export, langfuse.com/docs, as of 2026-07). CSV has no
types: an empty cell is null, objects and arrays are JSON, and only the columns below are numbers. Parquet has types;
its times are written as the text exports write them.
"""

import csv
from collections.abc import Iterator
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.format import Head
from schemas.rollouts.parts.csv_labels import CSV_NAME, csv_columns, read_csv
from schemas.rollouts.traces.langfuse_names import snake_case

PARQUET_MAGIC = b"PAR1"
TAIL_BYTES = 8
"""At the end of a Parquet file: the length of its footer in four bytes, and the magic."""
NUMBERS = frozenset({"value", "total_cost", "calculated_total_cost"})
"""Columns of a CSV that are numbers, of those that are read; all others stay the text that they are."""
BATCH_ROWS = 64
EXPANDED_BYTES = 512 * 2**20
"""The most JSON that one Parquet file may become: repeated values take next to no space in it."""
CELL_BYTES = 2**31 - 1
ENCODE = msgspec.json.Encoder(decimal_format="number").encode

# Of the whole process; a prompt is often larger than the 128 KiB that it was.
csv.field_size_limit(CELL_BYTES)


def table_columns(head: Head) -> frozenset[str]:
    """Give the columns of a CSV or Parquet file by its ends; none of any other file."""
    if not head.start.startswith(PARQUET_MAGIC):
        return csv_columns(head)
    footer_bytes = int.from_bytes(head.end[-TAIL_BYTES:-4], "little") + TAIL_BYTES
    if len(head.end) < footer_bytes or not head.end.endswith(PARQUET_MAGIC):
        return frozenset()
    try:
        schema = pq.read_schema(pa.BufferReader(PARQUET_MAGIC + head.end[-footer_bytes:]))
    except (pa.ArrowException, OSError):
        return frozenset()
    return frozenset(schema.names)


def read_table(raw: bytes, file_name: str) -> list[bytes] | None:
    """Read the rows of a table as JSON objects; None for a file that is no table.

    Raises:
        RecordFault: the table is broken, or larger than may be read.
    """
    if raw.startswith(PARQUET_MAGIC):
        return list(_bounded(_parquet_rows(raw)))
    if CSV_NAME.fullmatch(file_name) is None or raw.lstrip().startswith((b"{", b"[")):
        return None
    return [
        msgspec.json.encode({name: _cell(name, text) for name, text in row.items()}) for row in read_csv(raw)
    ]


def _cell(name: str, text: str) -> object:
    if not text:
        return None
    if text.startswith(("{", "[")) or snake_case(name) in NUMBERS:
        try:
            msgspec.json.decode(text)
            return msgspec.Raw(text.encode())
        except (msgspec.DecodeError, RecursionError):
            return text
    return text


def _parquet_rows(raw: bytes) -> Iterator[bytes]:
    try:
        for batch in pq.ParquetFile(pa.BufferReader(raw)).iter_batches(batch_size=BATCH_ROWS):
            columns = [_plain(column) for column in batch.columns]
            rows = pa.RecordBatch.from_arrays(columns, names=batch.schema.names)
            yield from map(ENCODE, rows.to_pylist(maps_as_pydicts="strict"))
    except UnicodeDecodeError as exc:
        raise RecordFault(RejectReason.INVALID_ENCODING, "A text of the Parquet file is not UTF-8.") from exc
    except (pa.ArrowException, OSError, KeyError) as exc:
        raise RecordFault(
            RejectReason.UNEXPECTED_SHAPE, f"The Parquet file cannot be read ({type(exc).__name__})."
        ) from exc


def _plain(column: "pa.Array[Any]") -> "pa.Array[Any]":
    """Write times and bytes as text."""
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.timestamp("us"), safe=False).cast(pa.string())
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        return column.cast(pa.large_string())
    return column


def _bounded(documents: Iterator[bytes]) -> Iterator[bytes]:
    total = 0
    for document in documents:
        total += len(document)
        if total > EXPANDED_BYTES:
            raise RecordFault(
                RejectReason.RECORD_TOO_LARGE,
                f"More than {EXPANDED_BYTES} bytes of JSON in one Parquet file.",
            )
        yield document
