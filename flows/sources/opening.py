"""Open what was found: its identity by content, and its records. A small file is read once, for both."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from flows.sources.bundles import Bundle
from flows.sources.contents import Content, Cut, digest_of, rejection_of
from flows.sources.find import SourceFile
from flows.sources.locations import Stored, in_memory, open_location
from flows.sources.reading import Reading
from flows.sources.siblings import beside_file
from flows.sources.walking import FilePart
from schemas.identity import content_digest
from schemas.reasons import RejectReason
from schemas.rollouts import Rejection, Source
from schemas.rollouts.raw.cutting import unread
from schemas.rollouts.raw.pieces import read_chunks


class OpenSource(NamedTuple):
    """One source, open."""

    source_id: str
    """SHA-256 of the file's bytes; of a bundle that of its files' names and digests."""
    cuts: Iterator[Cut]
    """Its records, to be read and decoded while it is open; in memory that its largest record bounds."""


@contextmanager
def open_source(file: SourceFile, reading: Reading) -> Iterator[OpenSource]:
    """Open a file or a bundle as it is now: what is appended later belongs to another source.

    A file that cannot be opened has one refused record, and an id that no readable file has.
    """
    source = Source(
        uri=file.uri,
        name=file.name,
        beside=beside_file(file.location, file.pointed_at, reading.limits.beside_bytes),
    )
    with ExitStack() as stack:
        if file.claimed_by is not None:
            yield OpenSource(_bundle_digest(file, reading), _bundle_cuts(file, source, reading))
            return
        try:
            stored = _open(file.parts[0], reading, stack)
            source_id = digest_of(stored)
        except OSError as exc:
            cut = _unread(file.place, exc, source)
            yield OpenSource(cut.record.record_id, iter([cut]))
        else:
            yield OpenSource(source_id, _file_cuts(stored, source_id, source, reading))


def _open(part: FilePart, reading: Reading, stack: ExitStack) -> Stored:
    """Open a file: one of moderate size is read at once, and closed."""
    opening = ExitStack()
    with opening:
        stored = opening.enter_context(open_location(part.location))
        if stored.bytes_count <= reading.limits.small_file_bytes:
            return in_memory(stored.read())
        stack.enter_context(opening.pop_all())
        return stored


def _file_cuts(stored: Stored, source_id: str, source: Source, reading: Reading) -> Iterator[Cut]:
    yield from reading.cuts(Content.of(stored, source))
    if stored.is_touched() and not _has_digest(stored, source_id):
        changed = Rejection(
            reason=RejectReason.UNREADABLE_CONTAINER, detail="The file was written over while it was read."
        )
        yield Cut(unread(source.uri, changed), source)


def _has_digest(stored: Stored, source_id: str) -> bool:
    """Tell whether the bytes are still those that were opened; a file that was cut has said so when it was read."""
    try:
        return digest_of(stored) == source_id
    except OSError:
        return True


def _bundle_digest(file: SourceFile, reading: Reading) -> str:
    digests: list[str] = []
    for part in file.parts:
        with ExitStack() as stack:
            try:
                digest = digest_of(_open(part, reading, stack))
            except OSError as exc:
                digest = _unread(_place_in(file, part), exc, Source(uri=part.uri, name="")).record.record_id
        digests.append(f"{digest} {part.uri.removeprefix(file.uri)}")
    return content_digest("\n".join(digests).encode())


def _bundle_cuts(file: SourceFile, source: Source, reading: Reading) -> Iterator[Cut]:
    bundle = Bundle(
        format_name=file.claimed_by or "",
        key=file.uri,
        missing_count=len(file.parts),
        cutting=reading.cutting(),
    )
    for part in file.parts:
        with ExitStack() as stack:
            try:
                stored = _open(part, reading, stack)
                stream = stack.enter_context(stored.open())
                records = list(bundle.add(part.uri, stored.bytes_count, read_chunks(stream)))
            except OSError as exc:
                yield _unread(_place_in(file, part), exc, source)
            else:
                yield from (Cut(record, source) for record in records)
    yield from (Cut(record, source) for record in bundle.end())


def _place_in(bundle: SourceFile, part: FilePart) -> str:
    return f"{bundle.place}{part.uri.removeprefix(bundle.uri)}"


def _unread(place: str, exc: OSError, source: Source) -> Cut:
    return Cut(unread(place, rejection_of(exc)), source)
