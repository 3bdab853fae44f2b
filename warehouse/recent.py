"""What came last: a look at a warehouse that opens only the files of some tables that came after a version of each.

New rows lie in new files. To read a night's rollouts out of years of them is to open the night's files.
"""

import copy
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
import polars as pl

from schemas.tables import Table
from schemas.tables.declaration import BUCKET
from warehouse.delta import BUCKET_FOLDER, scan_files
from warehouse.house import Warehouse
from warehouse.store import Store, declaration


class _File(msgspec.Struct):
    path: str


class _AddedFile(_File):
    partition_values: dict[str, str | None] = msgspec.field(default_factory=dict, name="partitionValues")


class _Action(msgspec.Struct):
    add: _AddedFile | None = None
    remove: _File | None = None


class RecentStore(Store):
    """A store that shows, of some tables, only the rows of files that came after a version.

    All rows that came after it are among them; a compaction since then adds old ones.
    """

    def __init__(self, folder: Path, since: Mapping[str, int]) -> None:
        """Look at `folder`; `since` gives a version for each table of which only the newer files count."""
        super().__init__(folder)
        self._since = since

    def scan(
        self,
        table: Table | str,
        *,
        columns: Sequence[str] | None = None,
        buckets: Collection[int] | None = None,
        version: int | None = None,
    ) -> pl.LazyFrame:
        """Read lazily, as `Store.scan` does."""
        declared = declaration(table)
        since = self._since.get(declared.name)
        files = None if since is None else _files_since(self.path(declared.name), since)
        if files is None:
            return super().scan(declared, columns=columns, buckets=buckets, version=version)
        if buckets is not None:
            files = files.filter(pl.col(BUCKET).is_in(list(buckets)) | pl.col(BUCKET).is_null())
        names = list(declared.column_names if columns is None else columns)
        empty = pl.DataFrame(declared.arrow_schema.empty_table()).select(names).lazy()
        return pl.concat([empty, *scan_files(files, declared.arrow_schema, names, buckets)])


def newest_versions(house: Warehouse, tables: Iterable[str]) -> dict[str, int]:
    """Give the newest version of some tables without opening them; -1 for one that was never written."""
    return {table: _newest_version(house.store.path(table) / "_delta_log") for table in tables}


def recent(house: Warehouse, since: Mapping[str, int]) -> Warehouse:
    """Look at a warehouse through a `RecentStore`; for reading only."""
    looked_at = copy.copy(house)
    looked_at.store = RecentStore(house.store.folder, since)
    return looked_at


def _newest_version(log: Path) -> int:
    return max((int(commit.stem) for commit in log.glob("*.json") if commit.stem.isdigit()), default=-1)


def _files_since(folder: Path, version: int) -> pl.DataFrame | None:
    """List the live files of a table that came after a version; null when the log does not tell any more."""
    log, decoder = folder / "_delta_log", msgspec.json.Decoder(_Action)
    if version >= 0 and not (log / f"{version:020d}.json").exists():
        return None
    live: dict[str, str | None] = {}
    for number in range(version + 1, _newest_version(log) + 1):
        commit = log / f"{number:020d}.json"
        for action in decoder.decode_lines(commit.read_bytes()):
            if action.add is not None:
                live[action.add.path] = action.add.partition_values.get(BUCKET)
            if action.remove is not None:
                live.pop(action.remove.path, None)
    files = pl.DataFrame(list(live.items()), schema={"path": pl.String, BUCKET: pl.String}, orient="row")
    bucket = pl.coalesce(BUCKET, pl.col("path").str.extract(BUCKET_FOLDER)).cast(pl.Int32)
    return files.select(path=pl.lit(f"{folder.absolute()}/") + pl.col("path"), bucket=bucket)
