"""One warehouse: a folder of tables, with the doors through which rows come in and answers go out."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb
import msgspec
import polars as pl
import pyarrow as pa

from schemas.errors import UnknownNameError, WarehouseNotFoundError, WinnowError
from warehouse.atomic import write_atomically
from warehouse.console import Console
from warehouse.intake import Intake
from warehouse.locking import exclusive_lock
from warehouse.oversized import OversizedFolder
from warehouse.results import Opened, Parameters, QueryResult
from warehouse.store import Store
from warehouse.views import LiveTable, bind_views, live_tables

DEFAULT_BUCKET_COUNT = 16
LAYOUT = 1
"""How the folder is laid out; a warehouse of another layout is not opened."""
UNUSABLE_IN_PATH = "%[]^|<>\\"
"""Characters that delta-rs 1.6 cannot have in a table's path: it panics, or finds another folder."""


class Marker(msgspec.Struct, frozen=True, kw_only=True):
    """What `winnow.json` says."""

    layout: int
    bucket_count: int


class Warehouse:
    """The tables of one folder: SQL over them, and inserts of rollouts.

    Attributes:
        root: the folder.
        bucket_count: into how many buckets tasks are spread; fixed when the warehouse was made.
        store: the tables one by one.
    """

    def __init__(self, path: Path | str, *, create: bool = False, bucket_count: int | None = None) -> None:
        """Open a warehouse.

        Args:
            path: its folder.
            create: make it if it is not there.
            bucket_count: for a new one, 16 when null; one that is there must have as many, unless null.

        Raises:
            WarehouseNotFoundError: there is no warehouse, or one of another layout, or there can be none.
            WinnowError: it is there, with another number of buckets.
        """
        self.root = Path(path).expanduser().absolute()
        marker = self.root / "winnow.json"
        if create:
            _make(self.root, marker, bucket_count or DEFAULT_BUCKET_COUNT)
        self.bucket_count = _read_marker(marker).bucket_count
        if bucket_count not in {None, self.bucket_count}:
            raise WinnowError(
                f"The warehouse in {str(self.root)!r} has {self.bucket_count} buckets, which is fixed; asked for were "
                f"{bucket_count}.\n\nHint: ingest the raw files into a new warehouse"
            )
        self.store = Store(self.root / "tables")
        self._intake = Intake(store=self.store, intents=self.root / "intents")

    def sql(
        self,
        query: str,
        parameters: Parameters | None = None,
        *,
        versions: Mapping[str, int] | None = None,
        quarantined: bool = False,
    ) -> QueryResult:
        """Answer the owner's query over the tables' views; for other people's SQL see `console`.

        Args:
            query: one SQL statement.
            parameters: for `?` (a sequence) or `$name` (a mapping).
            versions: for some tables, a past version to read.
            quarantined: also show the tables of gold answers.

        Raises:
            QueryError: DuckDB could not run it.
        """
        with self.opened(versions=versions, quarantined=quarantined) as tables:
            return tables.sql(query, parameters)

    @contextmanager
    def opened(
        self, *, versions: Mapping[str, int] | None = None, quarantined: bool = False
    ) -> Iterator[Opened]:
        """Open the tables once for several queries, which then see the same moment; arguments as of `sql`."""
        with duckdb.connect(":memory:", config={"temp_directory": str(self.root / "spill")}) as connection:
            tables = live_tables(self.store, versions=versions, quarantined=quarantined)
            bind_views(connection, tables, LiveTable.from_files)
            yield Opened(connection=connection)

    def console(
        self,
        *,
        versions: Mapping[str, int] | None = None,
        memory_limit: str = "2GB",
        timeout_s: float | None = 60.0,
        max_rows: int | None = None,
    ) -> Console:
        """Open a locked connection over the tables as they are now, or for some of them at a past version.

        The other arguments are those of `Console`.
        """
        tables = live_tables(self.store, versions=versions)
        return Console(tables, memory_limit=memory_limit, timeout_s=timeout_s, max_rows=max_rows)

    def insert_rollouts(self, rows: Mapping[str, pa.Table], records: pa.Table) -> dict[str, int]:
        """Insert what is new of one ingest batch: all of it, or after a kill and the next insert, none of it.

        All trajectories of a record belong into the record's batch. Inserts of several threads and processes wait for
        each other.

        Args:
            rows: rows per table of `ROLLOUT_TABLES`, as `rollout_tables` spreads them; empty ones may be left out.
            records: the batch's raw records, rejected ones included.

        Returns:
            Rows added per table.

        Raises:
            SchemaMismatchError: rows that do not fit their table; nothing was committed then.
            CommitConflictError: other writers kept winning.
        """
        with self.lock():
            return self._intake.insert(rows, records)

    def insert_verdicts(self, rows: pa.Table) -> int:
        """Insert what files say about rollouts of other files; what is there already is replaced.

        Verdicts need no rollout to be there: the views attach them to whatever there is. What was said of whom a file
        judges stays said, until something else is.

        Args:
            rows: rows of `verdicts`, as `verdict_rows` makes them.

        Returns:
            Rows inserted or replaced.
        """
        with self.lock():
            told = self.store.scan("verdicts", columns=["verdict_id", "judges"]).rename({"judges": "told"})
            fresh = pl.DataFrame(rows).lazy().join(told, on="verdict_id", how="left", maintain_order="left")
            kept = fresh.with_columns(judges=pl.coalesce("judges", "told")).drop("told").collect()
            return self.store.upsert("verdicts", kept, update=True)

    def insert_repairs(self, rows: Mapping[str, pa.Table]) -> dict[str, int]:
        """Insert repaired trajectories, whose record is their parent's; otherwise as `insert_rollouts`."""
        with self.lock():
            return self._intake.insert(rows)

    def known_records(self, record_ids: Iterable[str]) -> set[str]:
        """Tell which of these records are there already, with all that they became."""
        return self._intake.known_records(record_ids)

    def recover(self) -> int:
        """Undo what killed inserts left half done, as the next insert would.

        Returns:
            How many trajectories had not landed whole.
        """
        with self.lock():
            return self._intake.recover()

    def raw_record(self, record_id: str) -> bytes:
        """Give a raw record back, byte for byte.

        Raises:
            UnknownNameError: there is no such record, or it could not be read when it came in.
        """
        records = self.store.scan("records", columns=["record_id", "raw"])
        found = records.filter(pl.col("record_id") == record_id).collect()
        if found.is_empty():
            raise UnknownNameError(
                f"Unknown record {record_id!r}.\n\nHint: `winnow sql 'SELECT record_id FROM records'` lists them"
            )
        raw = found["raw"][0]
        return self.oversized.read(record_id) if raw is None else bytes(raw)

    @property
    def oversized(self) -> OversizedFolder:
        """The records that are too large for a row of `records`."""
        return OversizedFolder(path=self.root / "oversized")

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the warehouse's lock, which inserts take."""
        with exclusive_lock(self.root / "lock"):
            yield


def _make(root: Path, marker: Path, bucket_count: int) -> None:
    unusable = sorted(set(str(root)) & set(UNUSABLE_IN_PATH))
    if unusable:
        raise WarehouseNotFoundError(
            f"The path {str(root)!r} cannot hold a warehouse: Delta Lake cannot have {' '.join(unusable)} in it.\n\n"
            "Hint: choose another folder name"
        )
    (root / "intents").mkdir(parents=True, exist_ok=True)
    with exclusive_lock(root / "lock"):
        if not marker.exists():
            write_atomically(marker, msgspec.json.encode(Marker(layout=LAYOUT, bucket_count=bucket_count)))


def _read_marker(path: Path) -> Marker:
    try:
        marker = msgspec.json.decode(path.read_bytes(), type=Marker)
    except FileNotFoundError as exc:
        raise WarehouseNotFoundError(
            f"There is no warehouse in {str(path.parent)!r}.\n\nHint: `winnow ingest` makes one; or name another folder"
        ) from exc
    except msgspec.MsgspecError as exc:
        raise WarehouseNotFoundError(f"{str(path)!r} is not what a warehouse says of itself: {exc}") from exc
    if marker.layout != LAYOUT:
        raise WarehouseNotFoundError(
            f"The warehouse in {str(path.parent)!r} has layout {marker.layout}. This version reads layout {LAYOUT}"
        )
    return marker
