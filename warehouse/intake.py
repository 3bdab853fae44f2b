"""Rollouts enter several tables as if in one commit, and each only once.

Delta commits are atomic per table. A batch therefore leaves an *intent* (a small file that names its trajectories)
before its first commit, commits `records` last, and then removes the intent. Whoever inserts next finds the intents
of killed writers and deletes what did not land whole: a trajectory has landed when its own row and its record's row
are there. This one rule serves repairs too, whose record is their parent's.
"""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import msgspec
import polars as pl
import pyarrow as pa

from schemas.identity import digest
from schemas.rows import ROLLOUT_TABLES
from schemas.tables import TABLES
from warehouse.atomic import write_atomically
from warehouse.conformity import conform, first_per_key
from warehouse.known import KnownIds
from warehouse.store import Store

OWNED_TABLES = ("messages", "scores", "trajectories")
"""What one trajectory owns, in the order of commits: its own row comes after its parts."""
SHARED_TABLES = tuple(name for name in ROLLOUT_TABLES if name not in OWNED_TABLES)
"""What trajectories share: rows that a killed batch leaves here are true, and are kept."""
RECORDS = "records"
NAMED_BY = {
    "tasks": "task_id",
    "task_secrets": "task_id",
    "toolsets": "toolset_id",
    "trajectories": "trajectory_id",
    "messages": "trajectory_id",
    "scores": "trajectory_id",
}
"""Which column of a trajectory's row names its rows in each table."""


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """The trajectories that one batch is about to insert: three lists of one length."""

    trajectory_id: list[str]
    record_id: list[str]
    bucket: list[int]


class Intake:
    """Inserts of rollouts into one warehouse; the caller holds the warehouse's lock."""

    def __init__(self, *, store: Store, intents: Path) -> None:
        """Insert into `store`; `intents` is the folder of the intents."""
        self.store = store
        self.intents = intents
        self._known_ids = {
            name: KnownIds(store, name, TABLES[name].key[0]) for name in (RECORDS, *SHARED_TABLES)
        }

    def insert(self, rows: Mapping[str, pa.Table], records: pa.Table | None = None) -> dict[str, int]:
        """Insert what is new of a batch: all of it, or after a kill and the next insert, none of it.

        Args:
            rows: rows per table of `ROLLOUT_TABLES`; tables without rows may be left out.
            records: the raw records that the trajectories came from; null for repairs.

        Returns:
            Rows added per table.

        Raises:
            SchemaMismatchError: rows that do not fit their table; nothing was committed then.
        """
        batch = {name: _fit(name, rows[name]) for name in ROLLOUT_TABLES if name in rows}
        new_records = None if records is None else _fit(RECORDS, records)
        self.recover()
        if new_records is not None:
            self._make_way(new_records)
            new_records, batch = self._without_known(new_records, batch)
        intent = self._new_trajectories(batch.get("trajectories"), are_records_new=new_records is not None)
        path = self._write_intent(intent)
        added = {name: self._append_new(name, batch[name]) for name in SHARED_TABLES if name in batch}
        for name in OWNED_TABLES:
            if name in batch:
                added[name] = self.store.append(
                    name, _matching(batch[name], "trajectory_id", intent.trajectory_id)
                )
        if new_records is not None:
            added[RECORDS] = self._append_new(RECORDS, new_records)
        path.unlink()
        return added

    def recover(self) -> int:
        """Undo what killed writers left half done.

        Returns:
            How many trajectories had not landed whole.
        """
        lost_count = 0
        for path in sorted(self.intents.glob("*.json")):
            lost_count += self._undo(msgspec.json.decode(path.read_bytes(), type=Intent))
            path.unlink()
        return lost_count

    def known_records(self, record_ids: Iterable[str]) -> set[str]:
        """Tell which of these records are there; one is there only after all that it became."""
        return self._known_ids[RECORDS].among(record_ids)

    def _append_new(self, name: str, rows: pa.Table) -> int:
        """Append the rows whose id is new; as the caller holds the lock, none can slip in between."""
        known, column = self._known_ids[name], TABLES[name].key[0]
        ids = set(pl.Series(rows[column]))
        fresh = _matching(rows, column, ids - known.among(ids))
        added = self.store.append(name, fresh)
        if added:
            known.added(pl.Series(fresh[column]))
        return added

    def _make_way(self, records: pa.Table) -> None:
        """Take back the refusal of records that can be read now, by a newer decoder or under another format."""
        readable = pl.DataFrame(records.select(["record_id", "parse_status"])).filter(
            pl.col("parse_status") == "parsed"
        )["record_id"]
        known = self.known_records(readable)
        if not known:
            return
        held = self.store.scan(RECORDS, columns=["record_id", "parse_status"])
        refused = held.filter(
            pl.col("record_id").is_in(list(known)) & (pl.col("parse_status") == "rejected")
        ).collect()["record_id"]
        if refused.len():
            ids = ", ".join(f"'{record_id}'" for record_id in refused)
            self.store.delete(RECORDS, f"record_id IN ({ids})")

    def _without_known(
        self, records: pa.Table, batch: dict[str, pa.Table]
    ) -> tuple[pa.Table, dict[str, pa.Table]]:
        """Leave out records that are there, with all that only they need.

        The record decides, not its trajectories: read under another file name, the same bytes may name another task,
        which must not appear, and lie in another bucket.
        """
        ids = set(pl.Series(records["record_id"]))
        fresh = ids - self.known_records(ids)
        if fresh == ids or "trajectories" not in batch:
            return _matching(records, "record_id", fresh), batch
        owners = batch["trajectories"].select(["record_id", *set(NAMED_BY.values())])
        left = pl.DataFrame(owners).filter(pl.col("record_id").is_in(list(fresh)))
        return _matching(records, "record_id", fresh), {
            name: _matching(table, NAMED_BY[name], left[NAMED_BY[name]].drop_nulls().to_list())
            for name, table in batch.items()
        }

    def _known(
        self, table: str, column: str, ids: Iterable[str], buckets: Iterable[int] | None = None
    ) -> set[str]:
        scan = self.store.scan(table, columns=[column], buckets=None if buckets is None else set(buckets))
        return set(scan.filter(pl.col(column).is_in(list(ids))).collect()[column])

    def _new_trajectories(self, trajectories: pa.Table | None, *, are_records_new: bool) -> Intent:
        if trajectories is None:
            return Intent(trajectory_id=[], record_id=[], bucket=[])
        named = pl.DataFrame(trajectories.select(Intent.__struct_fields__))
        if are_records_new:
            # `records` comes last, and what landed without it was undone: a new record has no trajectory here.
            return Intent(**named.to_dict(as_series=False))
        known = self._known("trajectories", "trajectory_id", named["trajectory_id"], named["bucket"])
        fresh = named.filter(~pl.col("trajectory_id").is_in(list(known)))
        return Intent(**fresh.to_dict(as_series=False))

    def _write_intent(self, intent: Intent) -> Path:
        path = self.intents / f"{digest(*sorted(intent.trajectory_id))}.json"
        write_atomically(path, msgspec.json.encode(intent))
        return path

    def _undo(self, intent: Intent) -> int:
        landed = self._known("trajectories", "trajectory_id", intent.trajectory_id, intent.bucket)
        recorded = self.known_records(intent.record_id)
        lost = [
            (trajectory_id, bucket)
            for trajectory_id, record_id, bucket in zip(
                intent.trajectory_id, intent.record_id, intent.bucket, strict=True
            )
            if trajectory_id not in landed or record_id not in recorded
        ]
        if lost:
            ids = ", ".join(f"'{trajectory_id}'" for trajectory_id, _ in lost)
            buckets = ", ".join(str(bucket) for bucket in sorted({bucket for _, bucket in lost}))
            for name in OWNED_TABLES:
                self.store.delete(name, f"bucket IN ({buckets}) AND trajectory_id IN ({ids})")
        return len(lost)


def _fit(name: str, rows: pa.Table) -> pa.Table:
    table = TABLES[name]
    return first_per_key(table, conform(table, rows))


def _matching(rows: pa.Table, column: str, values: Collection[str]) -> pa.Table:
    is_wanted = pl.Series(rows[column]).is_in(list(values))
    return rows if is_wanted.all() else rows.filter(is_wanted.to_arrow())
