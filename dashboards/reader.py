"""The pages' one door to the warehouse: bound queries over the locked console, cached per state of the tables.

`WINNOW_WAREHOUSE` is read here, and nowhere else in this package: it is the page process's own setting, which
`winnow dashboard` sets.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import streamlit as st

from warehouse import Console, Warehouse
from warehouse.views import live_tables

WAREHOUSE_VARIABLE = "WINNOW_WAREHOUSE"
DEFAULT_WAREHOUSE = ".winnow"

MAX_ROWS = 5_000
"""Most rows of any query of a page; each list has a smaller limit of its own."""
MEMORY_LIMIT = "1GB"
TIMEOUT_S = 30.0
VERSIONS_TTL_S = 2.0
"""For this long the tables' versions are not looked up again: new rows show up at the next click after it."""

Versions = tuple[tuple[str, int], ...]


@dataclass(frozen=True, kw_only=True)
class Reader:
    """The warehouse in one state: equal readers give equal rows."""

    folder: str
    versions: Versions

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pl.DataFrame:
        """Answer a query over the public views.

        Args:
            sql: one SELECT, whose text never holds what a person typed.
            parameters: values for its `$name`s, exactly those that it names.

        Raises:
            QueryError: DuckDB could not run it, or not in time.
        """
        return _cached_rows(self.folder, self.versions, sql, dict(parameters or {}))

    def columns(self, view: str) -> list[str]:
        """Name the columns that a view has now; a new signal adds some."""
        return self.rows(f'SELECT * FROM "{view}" LIMIT 0').columns


def open_reader() -> Reader:
    """Open the warehouse that the environment names, as it is now.

    Raises:
        WarehouseNotFoundError: the folder holds no warehouse.
    """
    folder = str(Path(os.environ.get(WAREHOUSE_VARIABLE) or DEFAULT_WAREHOUSE).absolute())
    return Reader(folder=folder, versions=_versions(folder))


def beside(facts: pl.DataFrame, signals: pl.DataFrame, *, on: Sequence[str]) -> pl.DataFrame:
    """Put signals beside facts, row by row; a name that the facts have already is theirs.

    Examples:
        >>> facts = pl.DataFrame({"step": [0, 1], "error_kind": [None, "timeout"]})
        >>> signals = pl.DataFrame({"step": [1], "error_kind": ["timeout"], "loop_index": [3]})
        >>> beside(facts, signals, on=["step"]).columns
        ['step', 'error_kind', 'loop_index']
    """
    fresh = [name for name in signals.columns if name not in facts.columns]
    return facts.join(signals.select(*on, *fresh), on=list(on), how="left", maintain_order="left")


@st.cache_data(ttl=VERSIONS_TTL_S, max_entries=8, show_spinner=False)
def _versions(folder: str) -> Versions:
    tables = live_tables(Warehouse(folder).store)
    return tuple((table.name, int(table.delta.version())) for table in tables if table.delta is not None)


@st.cache_resource(max_entries=2, show_spinner=False)
def _console(folder: str, versions: Versions) -> Console:  # noqa: ARG001 - the versions are the cache's key
    """Open the console on one state; an evicted one closes when its last query lets go of it."""
    return Warehouse(folder).console(max_rows=MAX_ROWS, memory_limit=MEMORY_LIMIT, timeout_s=TIMEOUT_S)


@st.cache_data(ttl=3600, max_entries=200, show_spinner="Reading the warehouse")
def _cached_rows(folder: str, versions: Versions, sql: str, parameters: dict[str, Any]) -> pl.DataFrame:
    return _console(folder, versions).sql(sql, parameters or None).to_polars()
