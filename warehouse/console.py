"""The locked connection for people's SQL: the command line's and the dashboards'.

Two walls, either of which would do against most of what one can try:

- DuckDB itself has no file system, no network, no extensions and a locked configuration. It never sees a path: tables
  are handed in as Arrow datasets, which do not even know the quarantined columns. An allow-list of paths would not do:
  DuckDB 2.0 may *write* what it may read, and takes `WITH x AS (COPY ... TO 'live.parquet') SELECT ...` for a SELECT.
- Only one statement at a time runs, and only one that DuckDB's parser calls a SELECT (also DESCRIBE, SHOW, SUMMARIZE)
  or an EXPLAIN of one.
"""

from threading import Lock
from types import TracebackType
from typing import Self
from weakref import finalize

import duckdb

from schemas.errors import QueryRefusedError
from warehouse.results import Parameters, QueryResult, run_query, translated_errors
from warehouse.views import LiveTable, bind_views

LOCKED_SETTINGS = (
    "SET temp_directory = ''",
    "SET allow_persistent_secrets = false",
    "SET allow_community_extensions = false",
    "SET python_enable_replacements = false",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET enable_external_access = false",
    "SET disabled_filesystems = 'LocalFileSystem'",
    "SET lock_configuration = true",
)
"""In this order: each is still allowed when its turn comes, and the last makes all final."""

HINT = "Hint: ask with one SELECT, DESCRIBE, SHOW, SUMMARIZE or EXPLAIN over the views that SHOW TABLES lists"


class Console:
    """A read-only connection over tables as they were when it was opened; safe to share between threads."""

    def __init__(
        self,
        tables: list[LiveTable],
        *,
        memory_limit: str = "2GB",
        timeout_s: float | None = 60.0,
        max_rows: int | None = None,
    ) -> None:
        """Bind the views and lock the door.

        Args:
            tables: what can be seen.
            memory_limit: most memory that a query may take, as DuckDB spells it.
            timeout_s: seconds after which a query is interrupted; null is never.
            max_rows: most rows that a query gives back; null is all.
        """
        self._timeout_s = timeout_s
        self._max_rows = max_rows
        self._lock = Lock()
        self._connection = duckdb.connect(":memory:", config={"memory_limit": memory_limit})
        # Also at the end of the program: a connection over Arrow that is still open then can hang it.
        self._close = finalize(self, self._connection.close)
        bind_views(self._connection, tables, LiveTable.from_arrow)
        for setting in LOCKED_SETTINGS:
            self._connection.execute(setting)

    def sql(self, query: str, parameters: Parameters | None = None) -> QueryResult:
        """Answer one reading statement.

        Args:
            query: one SQL statement.
            parameters: for `?` (a sequence) or `$name` (a mapping).

        Raises:
            QueryRefusedError: it is not one reading statement, or reaches for what is not a view.
            QueryError: DuckDB could not run it, or not within the limits.
        """
        with self._lock, translated_errors(self._timeout_s):
            self._check(query)
            return run_query(
                self._connection, query, parameters, max_rows=self._max_rows, timeout_s=self._timeout_s
            )

    def close(self) -> None:
        """Give the connection back; to close twice does no harm."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _check(self, query: str) -> None:
        kinds = [statement.type for statement in self._connection.extract_statements(query)]
        if len(kinds) != 1:
            raise QueryRefusedError(f"The console runs one statement at a time, not {len(kinds)}.\n\n{HINT}")
        if kinds[0] == duckdb.StatementType.EXPLAIN:
            self._check(_explained(query))
        elif kinds[0] != duckdb.StatementType.SELECT:
            raise QueryRefusedError(
                f"The console only reads; it does not run {kinds[0].name} statements.\n\n{HINT}"
            )


def _explained(query: str) -> str:
    """Cut EXPLAIN and ANALYZE off a statement, by DuckDB's own tokens."""
    words = [(begin, kind) for begin, kind in duckdb.tokenize(query) if kind != duckdb.token_type.comment]
    second = words[1][0]
    return query[words[2][0] :] if query[second:].lower().startswith("analyze") else query[second:]
