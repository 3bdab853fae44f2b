"""One Parquet file of a table, for commits of our own: what delta-rs would write takes more time and memory."""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake.transaction import AddAction

from warehouse.delta import LONG_TEXTS, ROW_GROUP_ROWS, now_ms

LONG_LEAVES = (*LONG_TEXTS, "arguments")
"""Names of leaves without dictionary and extremes: those of long texts, and the arguments inside calls."""
MIDDLING_TEXTS = ("instruction", "policy")
"""Names of leaves with a dictionary, since tasks share them, and no extremes, which would be most of a small file."""


def write_data_file(
    folder: Path, name: str, parts: Iterable[pa.Table], *, has_dictionaries: bool
) -> AddAction:
    """Write one file.

    Args:
        folder: the table's.
        name: path of the file below it.
        parts: what it holds, of one schema, at least one; each is let go when it is written, and no row group holds
            rows of two.
        has_dictionaries: whether values that are no long texts get dictionaries.
    """
    (folder / name).parent.mkdir(exist_ok=True)
    pending = iter(parts)
    first, row_count = next(pending), 0
    leaves = [leaf for field in first.schema for leaf in _leaves(field, field.name)]
    short = [leaf for leaf in leaves if _name(leaf) not in LONG_LEAVES]
    with pq.ParquetWriter(
        folder / name,
        first.schema,
        compression="zstd",
        use_dictionary=short if has_dictionaries else False,  # type: ignore[arg-type]  # names of leaves, too
        write_statistics=[leaf for leaf in short if _name(leaf) not in MIDDLING_TEXTS],
        store_schema=False,
    ) as writer:
        for part in chain([first], pending):
            writer.write_table(part, row_group_size=ROW_GROUP_ROWS)
            row_count += part.num_rows
    # No figures about single columns: delta-rs 1.6 takes those that are left out for null, and finds no row then.
    stats = msgspec.json.encode({"numRecords": row_count}).decode()
    size = (folder / name).stat().st_size
    return AddAction(name, size, {}, now_ms(), data_change=True, stats=stats)


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
