"""How a stored table differs from its declaration, and how it learns what it may: new columns that allow null.

Delta Lake adds columns by one commit that touches no file. Older files then simply lack them, and every reader gives
null for what a file lacks. Readers do so before that commit, too: to look at an older warehouse writes nothing.
"""

from collections.abc import Collection, Iterable

import pyarrow as pa
from deltalake import DeltaTable, Field, Schema

from schemas.errors import SchemaMismatchError
from schemas.tables import Column, Table
from schemas.tables.declaration import BUCKET

LEARNED_AT = "winnow.learned_at"
"""Metadata of a learned column: the first version of the table that has it. Older files lack it, as DuckDB must be told."""


def stored_schema(delta: DeltaTable) -> pa.Schema:
    """Give the schema of the opened version; learned columns are marked."""
    return pa.schema(delta.schema().to_arrow())


def has_learned(stored: pa.Schema) -> bool:
    """Tell whether files of a table may lack columns that it has."""
    return any(LEARNED_AT.encode() in (field.metadata or {}) for field in stored)


def conflicts(delta: DeltaTable, table: Table) -> list[str]:
    """Name what keeps a stored table from learning its declaration, as clauses for people; none: it can."""
    stored = stored_schema(delta)
    found = [f"column {name!r} is not declared" for name in stored.names if name not in table.column_names]
    found += [_why_not(column) for column in _missing(stored, table) if not _is_learnable(column, table)]
    known = {field.name: field for field in delta.schema().fields}
    for name, wanted in zip(table.column_names, Schema.from_arrow(table.arrow_schema).fields, strict=True):
        if name in known and (known[name].type, known[name].nullable) != (wanted.type, wanted.nullable):
            found.append(
                f"column {name!r} is {_spell(stored, name)} and declared {_spell(table.arrow_schema, name)}"
            )
    partition = tuple(delta.metadata().partition_columns)
    # Tables of older warehouses are partitioned by their bucket, and stay so.
    if partition and not (table.is_bucketed and partition == (BUCKET,)):
        found.append(f"it is partitioned by {list(partition)}, and no table is declared so")
    return found


def learn_columns(delta: DeltaTable, table: Table) -> None:
    """Let a stored table have every declared column: one commit if it lacks some, none otherwise.

    Raises:
        SchemaMismatchError: it differs from its declaration in more than new columns that allow null.
        CommitFailedError: another writer was faster.
    """
    found = conflicts(delta, table)
    if found:
        raise _mismatch(table, found)
    names = {column.name for column in _missing(stored_schema(delta), table)}
    if names:
        mark = {LEARNED_AT: str(delta.version() + 1)}
        fields = [it for it in Schema.from_arrow(table.arrow_schema).fields if it.name in names]
        delta.alter.add_columns([Field(it.name, it.type, nullable=True, metadata=mark) for it in fields])


def shown_schema(stored: pa.Schema, table: Table) -> pa.Schema:
    """Give what a reader sees of a stored table: the declared columns in their order, then what else it has.

    Of declared columns that it lacks, only those are shown that it can learn. Stored columns keep their stored type.
    """
    declared = [
        stored.field(column.name) if column.name in stored.names else column.field()
        for column in table.columns
        if column.name in stored.names or _is_learnable(column, table)
    ]
    return pa.schema([*declared, *(field for field in stored if field.name not in table.column_names)])


def check_readable(delta: DeltaTable, table: Table, names: Collection[str]) -> None:
    """Let columns be read that a stored table has or can learn.

    Raises:
        SchemaMismatchError: it lacks one whose null would be untrue.
    """
    lacking = [column for column in _missing(stored_schema(delta), table) if column.name in names]
    found = [_why_not(column) for column in lacking if not _is_learnable(column, table)]
    if found:
        raise _mismatch(table, found)


def _missing(stored: pa.Schema, table: Table) -> list[Column]:
    names = set(stored.names)
    return [column for column in table.columns if column.name not in names]


def _is_learnable(column: Column, table: Table) -> bool:
    return column.nullable and column.name not in (*table.key, BUCKET)


def _why_not(column: Column) -> str:
    reason = "names its rows" if column.nullable else "allows no null"
    return f"column {column.name!r} is new and {reason}"


def _spell(schema: pa.Schema, name: str) -> str:
    field = schema.field(name)
    return f"{field.type}{'' if field.nullable else ' not null'}"


def _mismatch(table: Table, found: Iterable[str]) -> SchemaMismatchError:
    anew = (
        "compute it anew by `winnow score`, and spans by `winnow scan`"
        if table.is_computed
        else "ingest the raw files into a new warehouse"
    )
    return SchemaMismatchError(
        f"Table {table.name!r} was written under another declaration than today's: {'; '.join(found)}. A table that "
        "is there can only learn new columns that allow null.\n\n"
        f"Hint: go on with the version of Winnow that wrote it, or {anew}"
    )
