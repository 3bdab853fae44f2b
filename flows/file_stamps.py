"""Files that were read before and have not been touched since: told by their stamps, without reading them again.

A stamp is what the file system says of a file: size, times of its last change, and number. Whoever changes a byte
changes the time of the last change, which no program can set back; a file that was changed within moments of being
listed is not trusted, because the clock behind it ticks in milliseconds. The cache is a file beside the tables and may
be deleted at any time: then files are read, and known by their content.
"""

import time
from collections.abc import Iterable, Sequence

import polars as pl

from flows.sources import SourceFile
from schemas.identity import digest
from warehouse import Warehouse

FILE_NAME = "file_stamps.parquet"
SETTLED_NS = 2 * 10**9
"""How old the last change must be when a file is listed."""
SCHEMA = {"place": pl.String, "stamp": pl.String, "source_id": pl.String}


class FileStamps:
    """The stamps of files that one warehouse has read."""

    def __init__(self, house: Warehouse) -> None:
        """Look at the warehouse's cache."""
        self._house = house
        self._path = house.root / FILE_NAME

    def known(self, files: Sequence[SourceFile]) -> dict[str, str]:
        """Give the source id of files that are as they were when they were read, by place."""
        listed = _frame((file.place, stamp_of(file), "") for file in files).select("place", "stamp")
        found = self._read().join(listed, on=["place", "stamp"], how="semi")
        return dict(found.select("place", "source_id").iter_rows())

    def remember(self, read: Iterable[tuple[SourceFile, str]], *, listed_ns: int) -> None:
        """Keep the stamps of files that were read to their end.

        Args:
            read: each file with its source id.
            listed_ns: when the files were listed, in ns since 1970.
        """
        fresh = _frame(
            (file.place, stamp_of(file), source_id)
            for file, source_id in read
            if _is_settled(file, listed_ns)
        )
        if fresh.is_empty():
            return
        with self._house.lock():
            kept = self._read().join(fresh, on="place", how="anti")
            pl.concat([kept, fresh]).write_parquet(partial := self._path.with_suffix(".part"))
            partial.replace(self._path)

    def _read(self) -> pl.DataFrame:
        """Read the cache; that of an older Winnow, which knew files by other names, is as good as none."""
        nothing = pl.DataFrame(schema=SCHEMA)
        stored = pl.read_parquet(self._path) if self._path.exists() else nothing
        return stored if stored.schema == nothing.schema else nothing


def stamp_of(file: SourceFile) -> str | None:
    """Name the state of all parts of a file; null when one of them has no stamp (an object in a store)."""
    stamps = [part.stamp for part in file.parts]
    if None in stamps:
        return None
    names = [part.uri.removeprefix(file.uri) for part in file.parts]
    return digest(
        file.claimed_by,
        *(value for name, stamp in zip(names, stamps, strict=True) for value in (name, *(stamp or ()))),
    )


def now_ns() -> int:
    """Give the time that stamps are compared with."""
    return time.time_ns()


def _is_settled(file: SourceFile, listed_ns: int) -> bool:
    changed = [max(part.stamp.modified_ns, part.stamp.changed_ns) for part in file.parts if part.stamp]
    return len(changed) == len(file.parts) and max(changed) < listed_ns - SETTLED_NS


def _frame(rows: Iterable[tuple[str, str | None, str]]) -> pl.DataFrame:
    return (
        pl.DataFrame(list(rows), schema=SCHEMA, orient="row").drop_nulls("stamp").unique("place", keep="last")
    )
