"""Delta Lake tables: each commit atomic and versioned, retried when another writer was faster.

A table of an older declaration learns its new columns right before rows come in, see `evolution`.

What belongs here: one commit to one table, and reading one table. What spans tables is in `intake`.
"""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TypeVar

import polars as pl
from deltalake import DeltaTable, write_deltalake

from schemas.errors import SchemaMismatchError, UnknownNameError
from schemas.tables import TABLES, Table
from schemas.tables.declaration import BUCKET
from warehouse.bucket_files import add_rows, has_plain_buckets, replace_rows
from warehouse.commits import OpenTables, retry_commit
from warehouse.conformity import Rows, conform, first_per_key, sort_by_key
from warehouse.delta import WRITER, live_files, open_delta, scan_files, unpacked_bytes
from warehouse.differences import differing_ids
from warehouse.evolution import check_readable, conflicts, learn_columns

Result = TypeVar("Result")


class Store:
    """The Delta tables of one warehouse, one folder each.

    Tables are given as declarations, or by name when they are among `schemas.tables.TABLES`.
    """

    def __init__(self, folder: Path) -> None:
        """Look at `folder`, which need not exist before the first commit."""
        self.folder = folder
        self._open_tables = OpenTables()

    def append(self, table: Table | str, rows: Rows) -> int:
        """Add rows as they are.

        Returns:
            How many.

        Raises:
            SchemaMismatchError: the rows do not fit the table.
            CommitConflictError: other writers kept winning.
        """
        declared = declaration(table)
        arrow = sort_by_key(declared, conform(declared, rows))

        def add(delta: DeltaTable) -> None:
            if has_plain_buckets(delta, declared):
                add_rows(delta, self.path(declared.name), declared, arrow)
            else:
                write_deltalake(delta, arrow, mode="append", writer_properties=WRITER)

        if arrow.num_rows:
            self._commit(declared, add)
        return int(arrow.num_rows)

    def upsert(self, table: Table | str, rows: Rows, *, update: bool = False) -> int:
        """Insert rows whose key is new; of several rows with one key the first counts.

        A call that changes nothing makes no version.

        Args:
            table: the table or its name.
            rows: rows under its schema.
            update: also replace rows whose key is already there.

        Returns:
            Rows inserted or updated.

        Raises:
            SchemaMismatchError: the rows do not fit the table.
            CommitConflictError: other writers kept winning.
        """
        declared = declaration(table)
        arrow = sort_by_key(declared, first_per_key(declared, conform(declared, rows)))
        predicate = " AND ".join(f'old."{column}" = new."{column}"' for column in declared.order)

        def merge(delta: DeltaTable) -> int:
            merger = delta.merge(
                arrow, predicate, source_alias="new", target_alias="old", writer_properties=WRITER
            ).when_not_matched_insert_all()
            counts = (merger.when_matched_update_all() if update else merger).execute()
            return int(counts["num_target_rows_inserted"] + counts["num_target_rows_updated"])

        return self._commit(declared, merge) if arrow.num_rows else 0

    def replace_buckets(self, table: Table | str, rows: Rows, buckets: Collection[int]) -> None:
        """Put `rows` in place of all that whole buckets hold, in one commit; no rows empties them.

        A computed table whose declaration changed in more than new columns that allow null holds nothing that is of
        use any more: it starts anew with these buckets, and its past versions stay readable.

        Raises:
            SchemaMismatchError: the rows do not fit the table, or one lies in another bucket.
            CommitConflictError: other writers kept winning.
        """
        declared = declaration(table)
        arrow = sort_by_key(declared, conform(declared, rows))
        strays = set(pl.Series(arrow[BUCKET])) - set(buckets)
        if strays:
            raise SchemaMismatchError(
                f"Rows for table {declared.name!r} lie in buckets {sorted(strays)}. "
                f"Buckets to replace: {sorted(buckets)}"
            )
        scope = {"predicate": f"{BUCKET} IN ({', '.join(map(str, sorted(buckets)))})"}

        def overwrite(delta: DeltaTable) -> None:
            is_declared = not conflicts(delta, declared)
            if is_declared and has_plain_buckets(delta, declared):
                replace_rows(delta, self.path(declared.name), declared, arrow, buckets)
                return
            how = scope if is_declared else {"schema_mode": "overwrite"}
            write_deltalake(delta, arrow, mode="overwrite", writer_properties=WRITER, **how)

        if buckets:
            self._commit(declared, overwrite, may_redeclare=declared.is_computed)

    def replace_rows(
        self,
        table: Table | str,
        rows: Rows,
        *,
        column: str,
        values: Collection[str],
        buckets: Collection[int],
    ) -> None:
        """Put `rows` in place of all whose `column` holds one of `values`, in one commit; alike ones are not written.

        Rows that hold other values are added: whoever calls knows that the table has none of these, and that nobody
        else writes to these buckets meanwhile. Where something is replaced, the files of its buckets are written anew;
        Delta Lake has no smaller unit.

        Args:
            table: the table or its name.
            rows: rows under its schema.
            column: a column of the key, which holds ids.
            values: ids whose rows are replaced; those of which `rows` has none are gone afterwards.
            buckets: the buckets where these ids and the rows lie.

        Raises:
            SchemaMismatchError: the rows do not fit the table.
            CommitConflictError: other writers kept winning.
        """
        declared = declaration(table)
        fresh = pl.DataFrame(conform(declared, rows))
        is_old = pl.col(column).is_in(list(values))
        # Most often nothing is replaced, and to open a table costs as much as to write a small one.
        stored = self.scan(declared, buckets=buckets).filter(is_old).collect() if values else fresh.clear()
        differing = differing_ids(declared, fresh, stored, column)
        is_differing = pl.col(column).is_in(differing.implode())
        fresh, gone = fresh.filter(is_differing), stored.filter(is_differing)
        if gone.is_empty():
            self.append(declared, fresh)
            return
        touched = set(fresh[BUCKET]) | set(gone[BUCKET])
        kept = self.scan(declared, buckets=touched).filter(~is_differing).collect()
        self.replace_buckets(declared, pl.concat([kept, fresh]), touched)

    def delete(self, table: Table | str, predicate: str) -> int:
        """Delete the rows that a SQL predicate names.

        Returns:
            How many.

        Raises:
            CommitConflictError: other writers kept winning.
        """
        declared = declaration(table)
        if self.version(declared) is None:
            return 0
        return self._commit(declared, lambda delta: int(delta.delete(predicate)["num_deleted_rows"]))

    def version(self, table: Table | str) -> int | None:
        """Give the current version of a table; null when it was never written."""
        delta = open_delta(self.path(declaration(table).name))
        return None if delta is None else int(delta.version())

    def is_newest(self, table: Table | str, version: int) -> bool:
        """Tell whether no version came after this one, without opening the table."""
        log = self.path(declaration(table).name) / "_delta_log"
        return not (log / f"{version + 1:020d}.json").exists()

    def scan(
        self,
        table: Table | str,
        *,
        columns: Sequence[str] | None = None,
        buckets: Collection[int] | None = None,
        version: int | None = None,
    ) -> pl.LazyFrame:
        """Read lazily, in no particular order: only files of `buckets` and only bytes of `columns` are opened.

        Args:
            table: the table or its name.
            columns: which columns, in this order; all by default.
            buckets: which buckets of a table that has them; all by default.
            version: a past version of the table; the current one by default.

        Returns:
            Rows under the declared schema; none when the table was never written. Columns that a file of an older
            declaration lacks are null.

        Raises:
            SchemaMismatchError: the table lacks a column that allows no null.
        """
        declared = declaration(table)
        names = list(declared.column_names if columns is None else columns)
        empty = pl.DataFrame(declared.arrow_schema.empty_table()).select(names).lazy()
        delta = open_delta(self.path(declared.name), version)
        if delta is None:
            return empty
        check_readable(delta, declared, names)
        files = live_files(delta, self.path(declared.name))
        if buckets is not None:
            is_mixed = pl.col(BUCKET).is_null() & (BUCKET in declared.column_names)
            files = files.filter(pl.col(BUCKET).is_in(list(buckets)) | is_mixed)
        return pl.concat([empty, *scan_files(files, declared.arrow_schema, names, buckets)])

    def read(
        self,
        table: Table | str,
        *,
        columns: Sequence[str] | None = None,
        buckets: Collection[int] | None = None,
        version: int | None = None,
    ) -> pl.DataFrame:
        """Read into memory, in the order of the key as far as `columns` hold it; arguments as of `scan`."""
        frame = self.scan(table, columns=columns, buckets=buckets, version=version).collect()
        order = [column for column in declaration(table).key if column in frame.columns]
        return frame.sort(order) if order else frame

    def unpacked_bytes(self, table: Table | str) -> dict[int, int]:
        """Estimate how many bytes each bucket of a table has in memory, from the sizes of its files and one footer each."""
        path = self.path(declaration(table).name)
        delta = open_delta(path)
        return {} if delta is None else unpacked_bytes(live_files(delta, path))

    def path(self, name: str) -> Path:
        """Give the folder of a table."""
        return self.folder / name

    def table_names(self) -> list[str]:
        """Name the tables that were ever written, signals' own included."""
        return sorted(path.parent.name for path in self.folder.glob("*/_delta_log"))

    def _commit(
        self, table: Table, commit: Callable[[DeltaTable], Result], *, may_redeclare: bool = False
    ) -> Result:
        def commit_to_newest() -> Result:
            delta = self._open_tables.newest(table, self.path(table.name))
            if not (may_redeclare and conflicts(delta, table)):
                learn_columns(delta, table)
            return commit(delta)

        return retry_commit(table.name, commit_to_newest)


def declaration(table: Table | str) -> Table:
    """Give the declaration of a table that may be given by name.

    Raises:
        UnknownNameError: no declared table has that name.
    """
    if isinstance(table, Table):
        return table
    if table not in TABLES:
        raise UnknownNameError.from_name("table", table, TABLES)
    return TABLES[table]
