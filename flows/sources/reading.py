"""Records of files and archives, whatever they are packed in.

Containers are told by their first bytes, never by names, and nest one level: a `rollouts.jsonl.zst` inside a `.tar.gz`
is read, an archive inside an archive is refused. What cannot be read is a refused record that keeps its bytes.
"""

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

from flows.sources.archives import BROKEN, is_tar, is_zip
from flows.sources.compression import BUFFER_BYTES, Compression, compression_of, expand
from flows.sources.contents import ArchiveBrokenError, Content, Cut, rejection_of
from flows.sources.find import BundleOf
from flows.sources.limits import Limits
from flows.sources.unpacking import Archive
from flows.sources.until_break import UntilBreak
from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts import RawRecord, Rejection, parted, read_records
from schemas.rollouts.format import Head
from schemas.rollouts.raw.cutting import Cutting, unread
from schemas.rollouts.raw.pickles import looks_like_pickle
from schemas.rollouts.raw.pieces import Keep, digest_only

MAGIC_BYTES = 512
SUFFIXES: dict[Compression | None, str] = {"gzip": ".gz", "zstd": ".zst", "bz2": ".bz2", None: ""}


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How sources are read."""

    claims: Callable[[Head], str | None] = lambda _: None
    """Names the format that takes a whole file as one record."""
    bundle_of: BundleOf = lambda _: None
    keep: Keep = digest_only
    """Takes the bytes of records that are too large to hold."""
    limits: Limits = field(default_factory=Limits)

    def cuts(self, content: Content) -> Iterator[Cut]:
        """Give the records of a file or a member; where it breaks, a refused record ends it."""
        count = 0
        try:
            for cut in self._cuts(content):
                yield cut
                count += 1
        except ArchiveBrokenError as exc:
            if content.is_member:
                raise
            rejection = exc.rejection
        except (*BROKEN, RecordFault) as exc:
            rejection = rejection_of(exc)
        else:
            return
        yield self._refusal(content, rejection, index=count)

    def cutting(self, file_name: str = "") -> Cutting:
        """Say how to cut a file."""
        return Cutting(file_name, self.claims, self.limits.record_bytes, self.keep)

    def _cuts(self, content: Content) -> Iterator[Cut]:
        if content.fault is not None:
            raise content.fault
        with ExitStack() as stack:
            opened = self._open(content, stack)
            file_name = content.source.file_name.removesuffix(SUFFIXES[opened.compression])
            if opened.is_archive and not self._is_one_record(file_name, opened.start):
                yield from self._archive_cuts(content, opened)
                return
            for record in opened.records(self.cutting(file_name)):
                yield from (Cut(part, content.source) for part in parted(record))

    def _archive_cuts(self, content: Content, opened: "_Opened") -> Iterator[Cut]:
        if content.is_member or (opened.compression and is_zip(opened.start)):
            raise RecordFault(
                RejectReason.UNSAFE_ARCHIVE,
                "An archive inside an archive or a compressed zip; a compressed tar is as deep as is read.",
            )
        archive = Archive(
            source=content.source,
            open_stream=lambda: self._open(content, ExitStack()).stream,
            is_zip=is_zip(opened.start),
            bundle_of=self.bundle_of,
            cutting=self.cutting(),
            limits=self.limits,
        )
        is_empty = True
        for part in archive.parts():
            is_empty = False
            yield from self.cuts(part) if isinstance(part, Content) else [part]
        if is_empty:
            raise RecordFault(RejectReason.EMPTY_FILE, "An archive of no files, or of hidden ones only.")

    def _open(self, content: Content, stack: ExitStack) -> "_Opened":
        """Open a content, decompressed; the stack closes it."""
        stream = stack.enter_context(content.open())
        start = _first_bytes(stream)
        compression = compression_of(start)
        if compression is not None:
            expanded = expand(
                stream,
                compression,
                stored_bytes_count=content.bytes_count,
                limits=self.limits,
                reopen=None if content.is_streamed else content.open,
            )
            stream = stack.enter_context(expanded)
            start = _first_bytes(stream)
        return _Opened(stream, start, compression)

    def _is_one_record(self, file_name: str, start: bytes) -> bool:
        """Tell archives that a format reads itself, and torch's files, which nobody reads."""
        head = Head(file_name=file_name, start=start, records=())
        return looks_like_pickle(start) or self.claims(head) is not None

    def _refusal(self, content: Content, rejection: Rejection, *, index: int) -> Cut:
        """Refuse a file or a member, with its bytes as they lie there."""
        try:
            record = self.cutting().refused(content.kept(), rejection, index=index)
        except (*BROKEN, RecordFault):
            record = unread(content.source.uri, rejection)
        return Cut(record, content.source)


class _Opened(NamedTuple):
    stream: BinaryIO
    start: bytes
    """The first bytes, decompressed."""
    compression: Compression | None

    @property
    def is_archive(self) -> bool:
        return is_zip(self.start) or is_tar(self.start)

    def records(self, cutting: Cutting) -> Iterator[RawRecord]:
        """Cut the stream; where a compressed one breaks, what was read of it comes before the fault."""
        if not isinstance(self.stream, io.BufferedReader) or self.compression is None:
            yield from read_records(self.stream, **cutting._asdict())
            return
        unbroken = UntilBreak(self.stream)
        for record in read_records(io.BufferedReader(unbroken, BUFFER_BYTES), **cutting._asdict()):
            if unbroken.is_read(record):
                yield record
        if unbroken.fault is not None:
            raise unbroken.fault


def _first_bytes(stream: BinaryIO) -> bytes:
    """Look at the first bytes without reading on; some kilobytes where there are as many."""
    if isinstance(stream, io.BufferedReader):
        return stream.peek(MAGIC_BYTES)
    start = stream.read(1 << 18)
    stream.seek(0)
    return start
