"""A warehouse as it was when a dataset was curated: some tables at past versions, the others as they are now."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from flows.resolve import input_tables
from schemas.errors import DatasetNotFoundError
from schemas.rows import Row
from schemas.tables import TABLES, Table
from warehouse import Warehouse
from warehouse.console import Console
from warehouse.delta import live_files, open_delta
from warehouse.results import Parameters, QueryResult
from warehouse.store import Store, declaration

GROWING = frozenset({"trajectories", "messages", "tasks", "toolsets", "scores", "task_secrets"})
"""Tables whose rows never change, and to which a curation itself adds its repairs."""
EMPTY = 0
"""The version at which a Delta table was made, without a row."""


class PinnedStore(Store):
    """A store that reads some tables at past versions; nobody writes through it."""

    def __init__(self, folder: Path, versions: Mapping[str, int]) -> None:
        """Look at `folder`, at `versions` by table."""
        super().__init__(folder)
        self._versions = dict(versions)

    def scan(
        self,
        table: Table | str,
        *,
        columns: Sequence[str] | None = None,
        buckets: Collection[int] | None = None,
        version: int | None = None,
    ) -> pl.LazyFrame:
        """Read lazily; arguments as of `Store.scan`."""
        pinned = self._versions.get(declaration(table).name) if version is None else version
        return super().scan(table, columns=columns, buckets=buckets, version=pinned)

    def version(self, table: Table | str) -> int | None:
        """Give the version that is read; null when the table was never written."""
        name = declaration(table).name
        return self._versions[name] if name in self._versions else super().version(table)


class PinnedWarehouse(Warehouse):
    """A warehouse of which some tables are seen at past versions."""

    def __init__(self, path: Path, versions: Mapping[str, int]) -> None:
        """Open it.

        Args:
            path: its folder.
            versions: the version of each table that is not read as it is now.

        Raises:
            DatasetNotFoundError: files of one of these versions are gone.
        """
        super().__init__(path)
        _require_files(self.store, versions)
        self.store = PinnedStore(self.store.folder, versions)
        self._versions = dict(versions)

    def sql(
        self,
        query: str,
        parameters: Parameters | None = None,
        *,
        versions: Mapping[str, int] | None = None,
        quarantined: bool = False,
    ) -> QueryResult:
        """Answer the owner's query; arguments as of `Warehouse.sql`."""
        seen = self._seen(versions, quarantined=quarantined)
        return super().sql(query, parameters, versions=seen, quarantined=quarantined)

    def console(self, *, versions: Mapping[str, int] | None = None, **limits: Any) -> Console:
        """Open a locked connection; arguments as of `Warehouse.console`."""
        return super().console(versions=self._seen(versions, quarantined=False), **limits)

    def _seen(self, versions: Mapping[str, int] | None, *, quarantined: bool) -> dict[str, int]:
        """Give the versions that a query may name: none of a table that it does not see."""
        hidden = set() if quarantined else {name for name, table in TABLES.items() if table.is_quarantined}
        pinned = {name: version for name, version in self._versions.items() if name not in hidden}
        return pinned | dict(versions or {})


def as_curated(house: Warehouse, built: Row, *, holds_growing: bool = False) -> PinnedWarehouse:
    """Give the warehouse as a dataset's curation saw it.

    Args:
        house: the warehouse.
        built: the dataset's row.
        holds_growing: also hold the tables of `GROWING`; its repairs are not seen then.

    Raises:
        DatasetNotFoundError: files of what it saw are gone.
    """
    recorded = msgspec.json.decode(built["table_versions"], type=dict[str, int])
    if any(name.startswith("signals_") for name in recorded):
        later = set(input_tables(house)) - recorded.keys()
        recorded |= dict.fromkeys(later, EMPTY)
    held = {name: version for name, version in recorded.items() if holds_growing or name not in GROWING}
    return PinnedWarehouse(house.root, held)


def _require_files(store: Store, versions: Mapping[str, int]) -> None:
    for name, version in sorted(versions.items()):
        delta = open_delta(store.path(name), version)
        files = [] if delta is None else live_files(delta, store.path(name))["path"].to_list()
        if delta is None or not all(Path(file).exists() for file in files):
            raise DatasetNotFoundError(
                f"Version {version} of table {name!r}, which the dataset was curated from, is gone from "
                f"{str(store.folder)!r}.\n\nHint: curate its recipe anew; `winnow upkeep` keeps the versions of the "
                "datasets that are in the warehouse"
            )
