"""What a query gives back: Arrow, and from it Polars, pandas or plain rows; and DuckDB's errors as ours."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from threading import Timer
from typing import TYPE_CHECKING, Any, Protocol

import duckdb
import polars as pl
import pyarrow as pa

from schemas.errors import QueryError, QueryRefusedError, WinnowError

if TYPE_CHECKING:
    import pandas as pd  # slow to import, and needed for `to_pandas` alone

Parameters = Sequence[Any] | Mapping[str, Any]
UNCOMPUTED_SIGNAL = re.compile(r"Table with name ((?:step_|group_)?signals_\w+) does not exist")


@dataclass(frozen=True, kw_only=True)
class QueryResult:
    """The rows of one query."""

    table: pa.Table
    is_truncated: bool = False
    """True when the query has more rows than the connection may give."""

    @property
    def columns(self) -> list[str]:
        """Name the columns in order."""
        return list(self.table.column_names)

    def to_arrow(self) -> pa.Table:
        """Give the rows as Arrow."""
        return self.table

    def to_polars(self) -> pl.DataFrame:
        """Give the rows as a Polars frame."""
        return pl.DataFrame(self.table)

    def to_pandas(self) -> "pd.DataFrame":
        """Give the rows as a pandas frame."""
        frame: pd.DataFrame = self.table.to_pandas()
        return frame

    def rows(self) -> list[tuple[Any, ...]]:
        """Give the rows as tuples."""
        return self.to_polars().rows()


class Answers(Protocol):
    """Something to ask: a warehouse, as it is at each question, or what `Warehouse.opened` gives, as it was once."""

    def sql(self, query: str, parameters: Parameters | None = None, /) -> QueryResult:
        """Answer one query."""


@dataclass(frozen=True, kw_only=True)
class Opened:
    """Tables as they were when they were opened, which takes longer than most questions."""

    connection: duckdb.DuckDBPyConnection

    def sql(self, query: str, parameters: Parameters | None = None) -> QueryResult:
        """Answer one query.

        Raises:
            QueryError: DuckDB could not run it.
        """
        return run_query(self.connection, query, parameters)


def run_query(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    parameters: Parameters | None = None,
    *,
    max_rows: int | None = None,
    timeout_s: float | None = None,
) -> QueryResult:
    """Run one query, within limits.

    Args:
        connection: where.
        query: one SQL statement.
        parameters: for `?` (a sequence) or `$name` (a mapping).
        max_rows: give at most this many rows; all by default.
        timeout_s: interrupt after this many seconds; never by default.

    Raises:
        QueryError: DuckDB could not run it, or not in time.
        QueryRefusedError: the connection may not do that.
    """
    with translated_errors(timeout_s), _interrupting(connection, timeout_s):
        relation: duckdb.DuckDBPyRelation | None = connection.sql(query, params=parameters)
        if relation is None:
            return QueryResult(table=pa.table({}))
        if max_rows is None:
            return QueryResult(table=_with_distinct_names(relation.to_arrow_table()))
        # A limit, not a half-read stream: to close a connection under a stream can hang.
        table = _with_distinct_names(relation.limit(max_rows + 1).to_arrow_table())
        return QueryResult(table=table.slice(0, max_rows), is_truncated=table.num_rows > max_rows)


def _with_distinct_names(table: pa.Table) -> pa.Table:
    """Number the repeats of a column name (`id`, `id_1`), as DuckDB does in a subquery: frames cannot hold two alike."""
    names: list[str] = []
    for name in table.column_names:
        spare = (f"{name}_{number}" for number in count(1))
        names.append(name if name not in names else next(other for other in spare if other not in names))
    return table.rename_columns(names)


@contextmanager
def _interrupting(connection: duckdb.DuckDBPyConnection, timeout_s: float | None) -> Iterator[None]:
    if timeout_s is None:
        yield
        return
    timer = Timer(timeout_s, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def translated_errors(timeout_s: float | None = None) -> Iterator[None]:
    """Turn DuckDB's errors into `QueryError`, and its refusals into `QueryRefusedError`."""
    try:
        yield
    except duckdb.InterruptException as exc:
        raise QueryError(
            f"The query ran longer than {timeout_s} s.\n\nHint: select fewer rows or columns, or raise the time limit"
        ) from exc
    except duckdb.PermissionException as exc:
        raise QueryRefusedError(
            f"{exc}\n\nHint: only the warehouse's views can be read; SHOW TABLES lists them"
        ) from exc
    except duckdb.Error as exc:
        raise _query_error(str(exc)) from exc


def _query_error(message: str) -> WinnowError:
    missing = UNCOMPUTED_SIGNAL.search(message)
    if missing is None:
        return QueryError(message)
    return QueryError(f"Signal table {missing[1]!r} was never computed.\n\nHint: run `winnow score` first")
