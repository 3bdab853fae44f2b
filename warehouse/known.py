"""Which ids a table holds already, kept in memory between commits: 16 bytes for each instead of a scan per batch."""

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.tables import Table
from warehouse.store import Store

Words = npt.NDArray[np.uint64]
"""64 bits of each of some ids."""

WORD_DIGITS: Final = 16
COMPARED_DIGITS: Final = 2 * WORD_DIGITS


class KnownIds:
    """The hex ids in one column of one table, as far as this process has seen it.

    Ids, all of one length, are compared by their first 32 digits. Those that have more are then looked up in the table
    itself, so an answer is always exact.
    """

    def __init__(self, store: Store, table: Table | str, column: str) -> None:
        """Know nothing yet."""
        self._store, self._table, self._column = store, table, column
        self._version: int | None = None
        self._first, self._second = _sorted_words(pl.Series(column, [], pl.String))

    def among(self, ids: Iterable[str]) -> set[str]:
        """Tell which of these ids the table holds."""
        asked = pl.Series(self._column, list(ids), pl.String)
        if asked.is_empty():
            return set()
        self._refresh()
        alike = asked.filter(self._are_held(*_words(asked)))
        if (alike.str.len_bytes() == COMPARED_DIGITS).all():
            return set(alike)
        held = self._store.scan(self._table, columns=[self._column])
        return set(held.filter(pl.col(self._column).is_in(alike.to_list())).collect()[self._column])

    def added(self, ids: pl.Series) -> None:
        """Learn ids that this process has just appended, in one commit, while nobody else could."""
        if self._version is not None and self._store.is_newest(self._table, self._version + 1):
            first, second = _sorted_words(ids)
            places = np.searchsorted(self._first, first)
            self._first = np.insert(self._first, places, first)
            self._second = np.insert(self._second, places, second)
            self._version += 1
        else:
            self._version = None

    def _refresh(self) -> None:
        if self._version is not None and self._store.is_newest(self._table, self._version):
            return
        version = self._store.version(self._table)
        held = self._store.scan(self._table, columns=[self._column], version=version).collect()[self._column]
        self._first, self._second = _sorted_words(held)
        self._version = version

    def _are_held(self, first: Words, second: Words) -> pl.Series:
        start = np.searchsorted(self._first, first, side="left")
        end = np.searchsorted(self._first, first, side="right")
        is_held = np.zeros(first.size, np.bool_)
        # One turn, as ids that differ have different first words, but for a chance of one in 2^64 each.
        for turn in range(int((end - start).max(initial=0))):
            is_candidate = start + turn < end
            is_held[is_candidate] |= self._second[(start + turn)[is_candidate]] == second[is_candidate]
        return pl.Series(is_held)


def _sorted_words(ids: pl.Series) -> tuple[Words, Words]:
    first, second = _words(ids)
    order = np.argsort(first)
    return first[order], second[order]


def _words(ids: pl.Series) -> tuple[Words, Words]:
    """Give the two words that ids begin with."""
    first, second = (
        ids.str.slice(start, WORD_DIGITS).str.to_integer(base=16, dtype=pl.UInt64).to_numpy()
        for start in (0, WORD_DIGITS)
    )
    return first, second
