"""Which ids a table holds already, kept in memory between commits: 8 bytes for each instead of a scan per batch."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import polars as pl

from warehouse.store import Store

Prefixes = npt.NDArray[np.uint64]


class KnownIds:
    """The hex ids in one column of one table, as far as this process has seen it.

    Ids are compared by their first 16 digits; those that may be known are then looked up in the table itself, so an
    answer is always exact.
    """

    def __init__(self, store: Store, table: str, column: str) -> None:
        """Know nothing yet."""
        self._store, self._table, self._column = store, table, column
        self._version: int | None = None
        self._prefixes: Prefixes = np.empty(0, np.uint64)

    def among(self, ids: Iterable[str]) -> set[str]:
        """Tell which of these ids the table holds."""
        asked = pl.Series(self._column, list(ids), pl.String)
        if asked.is_empty():
            return set()
        self._refresh()
        suspects = asked.filter(np.isin(_prefixes(asked), self._prefixes))
        if suspects.is_empty():
            return set()
        held = self._store.scan(self._table, columns=[self._column])
        return set(held.filter(pl.col(self._column).is_in(suspects.to_list())).collect()[self._column])

    def added(self, ids: pl.Series) -> None:
        """Learn ids that this process has just appended, in one commit, while nobody else could."""
        if self._version is not None and self._store.is_newest(self._table, self._version + 1):
            self._prefixes = np.concatenate([self._prefixes, _prefixes(ids)])
            self._version += 1
        else:
            self._version = None

    def _refresh(self) -> None:
        if self._version is not None and self._store.is_newest(self._table, self._version):
            return
        version = self._store.version(self._table)
        held = self._store.scan(self._table, columns=[self._column], version=version).collect()[self._column]
        self._prefixes, self._version = _prefixes(held), version


def _prefixes(ids: pl.Series) -> Prefixes:
    return ids.str.slice(0, 16).str.to_integer(base=16, dtype=pl.UInt64).to_numpy()
