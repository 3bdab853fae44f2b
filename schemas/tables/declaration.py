"""What a table is: its columns, its key, and what must hold in it.

One `Table` is the only place where a table is described. The Arrow schema, the documentation and the quality
checks all derive from it.
"""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

STRING = pa.string()
INTEGER = pa.int64()
REAL = pa.float64()
FLAG = pa.bool_()
BYTES = pa.large_binary()
STRINGS = pa.list_(pa.string())
MOMENT = pa.timestamp("us", tz="UTC")

BUCKET = "bucket"
"""The column by which rows are worked on together: whole task groups share one value."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its type, what it means, what null means, and which values are allowed."""

    name: str
    type: pa.DataType
    doc: str
    """Meaning, unit and range; a nullable column says what null means."""
    nullable: bool = False
    allowed: tuple[str, ...] = ()
    """For a coded string: all its values."""
    minimum: float | None = None
    maximum: float | None = None

    def field(self) -> "pa.Field[Any]":
        """Give the Arrow field."""
        return pa.field(self.name, self.type, nullable=self.nullable)


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table: what a row is, its columns, and the columns that name a row."""

    name: str
    row: str
    """What one row is, as a noun phrase without a full stop."""
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    """The columns that together name a row, coarsest first."""
    is_quarantined: bool = False
    """True for what a training text must never hold: neither exports nor dashboards open it."""
    is_computed: bool = False
    """True for what is computed from trajectories, and replaced by whole buckets or a few rows at a time."""

    @property
    def arrow_schema(self) -> pa.Schema:
        """Give the Arrow schema of the table at rest."""
        return pa.schema([column.field() for column in self.columns])

    @property
    def column_names(self) -> tuple[str, ...]:
        """Name the columns in order."""
        return tuple(column.name for column in self.columns)

    @property
    def is_bucketed(self) -> bool:
        """Tell whether rows belong to a bucket (and are not about one)."""
        return BUCKET in self.column_names and BUCKET not in self.key

    @property
    def order(self) -> tuple[str, ...]:
        """Name the columns by which the rows of a commit are sorted: raw rows by bucket first, then by the key."""
        return (BUCKET, *self.key) if self.is_bucketed and not self.is_computed else self.key


def bucket_column(of: str = "task") -> Column:
    """Declare the bucket; `of` says whose id is hashed."""
    doc = f"Hash of the {of} id, modulo the bucket count."
    return Column(name=BUCKET, type=pa.int32(), doc=doc, minimum=0)


def id_column(name: str, doc: str, *, nullable: bool = False) -> Column:
    """Declare a hex id."""
    return Column(name=name, type=STRING, doc=doc, nullable=nullable)
