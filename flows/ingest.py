"""Ingest: files of raw rollouts to typed rows. Each raw record is kept, as trajectories or as a refusal with a reason.

Files are gathered into chunks of bounded size; one Prefect task reads one chunk, and one thread commits what all of
them have read, in batches of bounded memory. A batch lands whole or not at all, so a killed run is continued by running
it again.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows import progress
from flows.batches import gather
from flows.catalogue import chosen_format
from flows.committer import Committer
from flows.file_stamps import FileStamps, now_ns
from flows.funnel import IngestCounts, publish_funnel
from flows.ingest_batch import Batch
from flows.ingest_sources import FinishedSources, Tally, replacement_counts, write_sources
from flows.licences.consulted import claiming_documents, decode_or_consult
from flows.licences.finding import ArchiveLicences, FolderLicences, Found
from flows.licences.ingested import found_anew, found_beside, write_licences
from flows.licences.statements import user_statement
from flows.runs import recorded
from flows.settings import CHUNK_BYTES
from flows.sources import OpenSource, Reading, SourceFile, list_files, open_source
from flows.workers import THREADS
from schemas.rollouts import (
    Decoded,
    RolloutFormat,
    bundling_format,
    claiming_format,
)
from warehouse import Warehouse

STAGE = "ingest"
RECORDS_STAGE = "ingest records"
"""Shown beside bytes, because compressed bytes say little about the work in them."""


class Job:
    """What all chunks of one ingest share; a plain class, so that Prefect does not look into it."""

    def __init__(
        self,
        house: Warehouse,
        chosen: RolloutFormat | None,
        committer: Committer,
        judges: str | None,
        licences: FolderLicences,
    ) -> None:
        """Keep warehouse, format (null: told from content), committer, what label files judge, and found licences."""
        self.house = house
        self.chosen = chosen
        self.committer = committer
        self.judges = judges
        self.licences = licences
        self.reading = Reading(
            claims=claiming_documents(partial(claiming_format, only=chosen)),
            bundle_of=partial(bundling_format, only=chosen),
            keep=house.oversized.keep,
        )


@flow(name="ingest", task_runner=THREADS)
@recorded
def ingest(
    *,
    warehouse: Path,
    paths: list[str],
    format_name: str = "auto",
    source_name: str | None = None,
    mapping: Path | None = None,
    judges: str | None = None,
    licence: str | None = None,
    source_url: str | None = None,
    bucket_count: int | None = None,
) -> IngestCounts:
    """Ingest files, folders, globs, archives or object-store URIs.

    Args:
        warehouse: folder of the store; made when absent.
        paths: what to ingest.
        format_name: a rollout format, or `auto`.
        source_name: the user's name for the source; without it each file's stem.
        mapping: a file that maps other JSON to rollouts; instead of a format.
        judges: which rollouts the label files among the paths speak of: a source name, or a glob of paths.
        licence: SPDX id of the terms under which all of these were given out; before what they say themselves.
        source_url: where all of these are from.
        bucket_count: into how many buckets a new warehouse spreads its tasks; 16 when null.

    Returns:
        What became of the records of the files that this call read.

    Raises:
        SourceNotFoundError: a path leads to no file.
        UnknownNameError: no such format, or no such licence.
        WinnowError: the address is none, or the warehouse is there and has another number of buckets.
    """
    told = user_statement(licence, source_url)
    chosen = chosen_format(format_name, mapping)
    house = Warehouse(warehouse, create=True, bucket_count=bucket_count)
    listed_ns = now_ns()
    files, warehouses = list_files(
        paths, source_name=source_name, bundle_of=partial(bundling_format, only=chosen)
    )
    progress.start(STAGE, sum(file.file_bytes_count for file in files), progress.BYTES)
    progress.start(RECORDS_STAGE, None, "records")
    stamps = FileStamps(house)
    sizes = {file.file_bytes_count for file in files}
    finished = FinishedSources(house, sizes, judges=judges)
    untouched, pending = _parted(files, stamps.known(files), finished)
    progress.advance(STAGE, sum(file.file_bytes_count for file, _ in untouched))
    with Committer() as committer:
        job = Job(house, chosen, committer, judges, FolderLicences(files))
        chunks = [
            ingest_chunk.submit(job, chunk)
            for chunk in gather(pending, lambda file: file.file_bytes_count, limit=CHUNK_BYTES)
        ]
        results = [chunk.result() for chunk in chunks]
    read = [one for result in results for one in result.read]
    found = {source_id: one for result in results for source_id, one in result.licences.items()}
    found |= found_anew(house, job.licences, untouched, read)
    write_licences(house, [*untouched, *read], found, told)
    stamps.remember(read, listed_ns=listed_ns)
    counts = IngestCounts.total(
        [
            finished.counts(source_id for _, source_id in untouched),
            *(result.counts for result in results),
            replacement_counts(house, {name for result in results for name in result.replaced}),
            IngestCounts(file_count=len(untouched), skipped_warehouse_count=len(warehouses)),
        ]
    )
    publish_funnel(
        "ingest", [{"stage": name, "count": count} for name, count in vars(counts).items()], "Ingest"
    )
    return counts


def _parted(
    files: list[SourceFile], known: Mapping[str, str], finished: FinishedSources
) -> tuple[list[tuple[SourceFile, str]], list[SourceFile]]:
    """Part files that were read to their end and not changed since, which are not even opened, from all others."""
    untouched: list[tuple[SourceFile, str]] = []
    pending: list[SourceFile] = []
    for file in files:
        source_id = known.get(file.place)
        if source_id is not None and finished.holds(source_id, file):
            untouched.append((file, source_id))
        else:
            pending.append(file)
    return untouched, pending


class ChunkResult(NamedTuple):
    """What became of one chunk."""

    counts: IngestCounts
    read: list[tuple[SourceFile, str]]
    """Each file with its source id."""
    licences: dict[str, Found]
    """What sources say of their own licence, by source id."""
    replaced: list[str]
    """Ids of sources whose places hold other bytes now."""


@task(name="ingest chunk", cache_policy=NO_CACHE)
def ingest_chunk(job: Job, files: list[SourceFile]) -> ChunkResult:
    """Read one chunk of files into the warehouse."""
    finished = FinishedSources(job.house, {file.file_bytes_count for file in files}, judges=job.judges)
    batch = Batch(house=job.house, committer=job.committer, judges=job.judges)
    known: list[tuple[SourceFile, str]] = []
    tallies: list[Tally] = []
    read: list[tuple[SourceFile, str]] = []
    licences: dict[str, Found] = {}
    for file in files:
        with open_source(file, job.reading) as opened:
            read.append((file, opened.source_id))
            if finished.holds(opened.source_id, file):
                known.append(read[-1])
            else:
                inside = ArchiveLicences()
                tallies.append(_read_source(opened, file, job, batch, inside))
                if (found := inside.found() or job.licences.beside(file)) is not None:
                    licences[opened.source_id] = found
        progress.advance(STAGE, file.file_bytes_count)
    new_count = batch.finish()
    # A source row says that all of its records landed, so it comes last.
    replaced = write_sources(job.house, tallies)
    licences |= found_beside(job.house, job.licences, known)
    total = IngestCounts.total(
        [
            finished.counts(source_id for _, source_id in known),
            *(tally.counts() for tally in tallies),
            IngestCounts(file_count=len(files), new_trajectory_count=new_count),
        ]
    )
    total.check()
    return ChunkResult(total, read, licences, replaced)


def _read_source(
    opened: OpenSource, file: SourceFile, job: Job, batch: Batch, inside: ArchiveLicences
) -> Tally:
    """Decode a source's records, each content once."""
    tally = Tally(source_id=opened.source_id, file=file)
    for cut in opened.cuts:
        job.committer.check()
        inside.see(cut)
        record_id = cut.record.record_id
        if tally.is_new(record_id):
            outcome = decode_or_consult(cut, job.chosen)
            tally.add(record_id, outcome)
            batch.add(cut, outcome, source_id=opened.source_id)
        elif tally.holds_verdicts(record_id):
            repeat = decode_or_consult(cut, job.chosen)
            if isinstance(repeat, Decoded):
                tally.add_verdicts(record_id, repeat.verdicts)
                batch.add_verdicts(record_id, repeat.verdicts, source_id=opened.source_id)
        progress.advance(RECORDS_STAGE)
    return tally
