"""Ingest: files of raw rollouts to typed rows. Each raw record is kept, as trajectories or as a refusal with a reason.

Files are gathered into chunks of bounded size; one Prefect task reads one chunk and commits it in batches of
bounded memory. A batch lands whole or not at all, so a killed run is continued by running it again.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows import progress
from flows.batches import gather
from flows.catalogue import rollout_format
from flows.files import SourceFile, file_digest, find_files, open_decompressed
from flows.funnel import IngestCounts, publish_funnel
from flows.runs import recorded
from flows.settings import CHUNK_BYTES, INSERT_BYTES
from flows.workers import THREADS
from schemas.identity import bucket_of, content_digest
from schemas.reasons import RejectReason
from schemas.rollouts import RawRecord, Rejection, RolloutFormat, Source, decode_record, read_records
from schemas.rows import ROLLOUT_TABLES, Row, arrow_table, trajectory_rows
from schemas.tables import TABLES
from schemas.trajectory import Trajectory
from warehouse import Warehouse

STAGE = "ingest"
RECORDS_STAGE = "ingest records"
"""Shown beside files, because one file may hold hours of work."""


@flow(name="ingest", task_runner=THREADS)
@recorded
def ingest(
    *, warehouse: Path, paths: list[str], format_name: str = "auto", source_name: str | None = None
) -> IngestCounts:
    """Ingest files, folders or globs.

    Args:
        warehouse: folder of the store; made when absent.
        paths: what to ingest.
        format_name: a rollout format, or `auto`.
        source_name: the user's name for the source; without it each file's stem.

    Returns:
        What became of the records of the files that this call read.

    Raises:
        SourceNotFoundError: a path leads to no file.
        UnknownNameError: no such format.
    """
    rollout_format(format_name)
    Warehouse(warehouse, create=True)
    files = find_files(paths, source_name=source_name)
    progress.start(STAGE, len(files), "files")
    progress.start(RECORDS_STAGE, None, "records")
    chunks = [
        ingest_chunk.submit(warehouse=warehouse, files=chunk, format_name=format_name)
        for chunk in gather(files, lambda file: file.file_bytes_count, limit=CHUNK_BYTES)
    ]
    counts = sum((chunk.result() for chunk in chunks), IngestCounts())
    publish_funnel(
        "ingest", [{"stage": name, "count": count} for name, count in vars(counts).items()], "Ingest"
    )
    return counts


@task(name="ingest chunk", cache_policy=NO_CACHE)
def ingest_chunk(*, warehouse: Path, files: list[SourceFile], format_name: str) -> IngestCounts:
    """Read one chunk of files into the warehouse."""
    house = Warehouse(warehouse)
    digests = {file.path: file_digest(file.path) for file in files}
    finished = _finished_sources(house, digests.values())
    pending = _Batch(house=house)
    counts = IngestCounts(file_count=len(files))
    sources: list[tuple[str, SourceFile, _Tally]] = []
    for file in files:
        source_id = digests[file.path]
        if source_id in finished:
            counts += finished[source_id]
            progress.advance(STAGE)
            continue
        tally = _Tally()
        sources.append((source_id, file, tally))
        for record, outcome in _read_file(file, format_name, tally):
            pending.add(record, outcome, source_id=source_id, file=file)
            progress.advance(RECORDS_STAGE)
        progress.advance(STAGE)
    pending.flush()
    # A source row says that all of its records landed, so it comes last.
    house.store.upsert("sources", arrow_table("sources", [_source_row(*source) for source in sources]))
    counts += IngestCounts(new_trajectory_count=pending.new_trajectory_count)
    counts = sum((tally.counts() for _, _, tally in sources), counts)
    counts.check()
    return counts


@dataclass(kw_only=True)
class _Tally:
    """Counts of one file, and what was seen in it."""

    seen: set[str] = field(default_factory=set)
    record_count: int = 0
    kept_count: int = 0
    rejected_count: int = 0
    repeated_count: int = 0
    trajectory_count: int = 0
    formats: set[str] = field(default_factory=set)

    def counts(self) -> IngestCounts:
        return IngestCounts(
            record_count=self.record_count,
            kept_count=self.kept_count,
            rejected_count=self.rejected_count,
            repeated_count=self.repeated_count,
            trajectory_count=self.trajectory_count,
        )


@dataclass(frozen=True, kw_only=True)
class _Decoded:
    """What one record became."""

    format_name: str | None
    trajectories: tuple[Trajectory, ...] = ()
    rejection: Rejection | None = None


def _read_file(file: SourceFile, format_name: str, tally: _Tally) -> Iterator[tuple[RawRecord, _Decoded]]:
    """Decode a file's records, each content once; a container that breaks is one refused record."""
    source = Source(uri=str(file.path), name=file.name)
    chosen = rollout_format(format_name)
    try:
        with open_decompressed(file.path) as stream:
            for record in read_records(stream):
                tally.record_count += 1
                if record.record_id in tally.seen:
                    tally.repeated_count += 1
                    continue
                tally.seen.add(record.record_id)
                yield record, _tallied(_decode(record, source, chosen), tally)
    except OSError as exc:
        raw = file.path.read_bytes()
        tally.record_count += 1
        record = RawRecord(
            raw=raw, locator="file", index=tally.record_count - 1, record_id=content_digest(raw)
        )
        rejection = Rejection(reason=RejectReason.UNREADABLE_CONTAINER, detail=str(exc))
        yield record, _tallied(_Decoded(format_name=None, rejection=rejection), tally)


def _decode(record: RawRecord, source: Source, chosen: RolloutFormat | None) -> _Decoded:
    outcome = decode_record(record, source, chosen)
    if isinstance(outcome, Rejection):
        return _Decoded(format_name=outcome.format_name, rejection=outcome)
    return _Decoded(format_name=outcome.format_name, trajectories=outcome.trajectories)


def _tallied(decoded: _Decoded, tally: _Tally) -> _Decoded:
    if decoded.rejection is None:
        tally.kept_count += 1
        tally.trajectory_count += len(decoded.trajectories)
    else:
        tally.rejected_count += 1
    if decoded.format_name is not None:
        tally.formats.add(decoded.format_name)
    return decoded


@dataclass(kw_only=True)
class _Batch:
    """Records on their way into one commit; flushes itself when it holds `INSERT_BYTES`."""

    house: Warehouse
    held: set[str] = field(default_factory=set)
    records: list[Row] = field(default_factory=list)
    trajectories: list[Trajectory] = field(default_factory=list)
    bytes_count: int = 0
    new_trajectory_count: int = 0

    def add(self, record: RawRecord, decoded: _Decoded, *, source_id: str, file: SourceFile) -> None:
        """Take one record and what it became; a record that another file of the batch brought already adds nothing."""
        if record.record_id in self.held:
            return
        self.held.add(record.record_id)
        self.records.append(_record_row(record, decoded, source_id, file, self.house.bucket_count))
        self.trajectories.extend(decoded.trajectories)
        self.bytes_count += len(record.raw)
        if self.bytes_count >= INSERT_BYTES:
            self.flush()

    def flush(self) -> None:
        """Commit what is held; records that the warehouse has already add nothing."""
        if not self.records:
            return
        rows = trajectory_rows(self.trajectories, bucket_count=self.house.bucket_count)
        tables = {name: arrow_table(name, rows[name]) for name in ROLLOUT_TABLES}
        added = self.house.insert_rollouts(tables, arrow_table("records", self.records))
        self.new_trajectory_count += added["trajectories"]
        self.held, self.records, self.trajectories, self.bytes_count = set(), [], [], 0


def _record_row(
    record: RawRecord, decoded: _Decoded, source_id: str, file: SourceFile, bucket_count: int
) -> Row:
    rejection = decoded.rejection
    return {
        "record_id": record.record_id,
        "bucket": bucket_of(record.record_id, bucket_count),
        "source_id": source_id,
        "source_uri": str(file.path),
        "locator": record.locator,
        "record_index": record.index,
        "format": decoded.format_name,
        "parse_status": "parsed" if rejection is None else "rejected",
        "reason": None if rejection is None else rejection.reason.value,
        "detail": None if rejection is None else rejection.detail,
        "trajectory_count": len(decoded.trajectories),
        "raw_bytes_count": len(record.raw),
        "raw": record.raw,
    }


def _source_row(source_id: str, file: SourceFile, tally: _Tally) -> Row:
    return {
        "source_id": source_id,
        "source_uri": str(file.path),
        "source_name": file.name,
        "format": ",".join(sorted(tally.formats)) or None,
        "file_bytes_count": file.file_bytes_count,
        "record_count": tally.record_count,
        "kept_count": tally.kept_count,
        "rejected_count": tally.rejected_count,
        "repeated_count": tally.repeated_count,
        "trajectory_count": tally.trajectory_count,
    }


def _finished_sources(house: Warehouse, source_ids: Collection[str]) -> dict[str, IngestCounts]:
    """Find files that an earlier run read to the end; there is nothing to read in them again.

    A file with refused records is not among them: a newer decoder may make something of those.
    """
    rows = house.store.scan("sources").filter(
        pl.col("source_id").is_in(list(source_ids)) & (pl.col("rejected_count") == 0)
    )
    names = [name for name in IngestCounts.__dataclass_fields__ if name in TABLES["sources"].column_names]
    return {
        row["source_id"]: IngestCounts(**{name: row[name] for name in names})
        for row in rows.collect().to_dicts()
    }
