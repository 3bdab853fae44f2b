"""Make raw records of bounded size: lines and array elements as they stream by, or all of a file.

A record above the limit is never held: its bytes pass through a `Keep`, and it is refused.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO, NamedTuple

from schemas.identity import content_digest
from schemas.reasons import RejectReason
from schemas.rollouts.format import Head, RawRecord, Rejection
from schemas.rollouts.raw.elements import ArrayScanner
from schemas.rollouts.raw.pieces import Keep, Kept, Piece, digest_only, join_pieces
from schemas.rollouts.raw.strict_json import JSON_SPACE

NO_LIMIT = sys.maxsize - 8
"""Leaves room for a few bytes more to be asked for."""


@dataclass(frozen=True, kw_only=True)
class RefusedRecord(RawRecord):
    """A record that no decoder may see: it is too large to hold, or what held it could not be read."""

    rejection: Rejection
    bytes_count: int
    """Length of the record in bytes, held or not."""
    is_held: bool = True
    """Whether `raw` holds the record's bytes; else it is empty, and they went to a `Keep` or could not be read."""


class Cutting(NamedTuple):
    """How to cut a file."""

    file_name: str = ""
    """The file's name without folders, for formats that look at it."""
    claims: Callable[[Head], str | None] = lambda _: None
    """Names the format that takes the whole file as one record, from its head."""
    record_bytes: int = NO_LIMIT
    """The largest record that is held; larger ones are refused."""
    keep: Keep = digest_only
    """Takes the bytes of records that are refused for their size."""

    def whole(
        self, chunks: Iterable[bytes], locator: str = "file", index: int = 0, claimed_by: str | None = None
    ) -> RawRecord:
        """Make one record of all that is left of a file; without a claim the space around it is left out."""
        joined = self._join(chunks)
        return self.record(joined if claimed_by else _stripped(joined), locator, index, claimed_by)

    def record(
        self, joined: bytes | Kept, locator: str, index: int, claimed_by: str | None = None
    ) -> RawRecord:
        """Make a record, or one that is refused for its size."""
        if isinstance(joined, bytes):
            return RawRecord(
                raw=joined,
                locator=locator,
                index=index,
                record_id=content_digest(joined),
                claimed_by=claimed_by,
            )
        detail = f"{joined.bytes_count} bytes in one record; at most {self.record_bytes} are read."
        rejection = Rejection(reason=RejectReason.RECORD_TOO_LARGE, detail=detail, format_name=claimed_by)
        return _refused(joined, rejection, locator, index)

    def refused(
        self, chunks: Iterable[bytes], rejection: Rejection, *, locator: str = "file", index: int = 0
    ) -> RefusedRecord:
        """Make a refused record of bytes that are no file of records, exactly as they are."""
        return _refused(self._join(chunks), rejection, locator, index)

    def _join(self, chunks: Iterable[bytes]) -> bytes | Kept:
        pieces = chain((Piece(chunk, ends=False) for chunk in chunks), [Piece(b"", ends=True)])
        (joined,) = join_pieces(pieces, record_bytes=self.record_bytes, keep=self.keep)
        return joined


def unread(place: str, rejection: Rejection) -> RefusedRecord:
    """Make a refused record of what could not be read at all; its id is its place's, for it has no bytes."""
    kept = Kept(content_digest(f"unread {place}".encode()), 0)
    return _refused(kept, rejection, "file", 0)


def _refused(joined: bytes | Kept, rejection: Rejection, locator: str, index: int) -> RefusedRecord:
    return RefusedRecord(
        raw=joined if isinstance(joined, bytes) else b"",
        locator=locator,
        index=index,
        record_id=content_digest(joined) if isinstance(joined, bytes) else joined.digest,
        rejection=rejection,
        bytes_count=len(joined) if isinstance(joined, bytes) else joined.bytes_count,
        is_held=isinstance(joined, bytes),
    )


def frame_lines(lines: Iterable[bytes], stream: BinaryIO, cutting: Cutting) -> Iterator[RawRecord]:
    """Cut lines, of which some were read already; the last of these may go on in the stream."""
    line_bytes = cutting.record_bytes + len(b"\r\n")
    read = chain(lines, iter(lambda: stream.readline(line_bytes), b""))
    pieces = (
        Piece(line[:-1], ends=True) if line.endswith(b"\n") else Piece(line, ends=False) for line in read
    )
    joined = join_pieces(pieces, record_bytes=cutting.record_bytes + len(b"\r"), keep=cutting.keep)
    index = 0
    for number, line in enumerate(joined, start=1):
        if raw := _stripped(line):
            yield cutting.record(raw, f"line {number}", index)
            index += 1


def frame_elements(chunks: Iterator[bytes], cutting: Cutting) -> Iterator[RawRecord]:
    """Cut an array, from behind its opening bracket, as it streams by.

    The last element of an array that is never closed is refused: nobody can tell whether it is whole. What stands
    behind a closed array is a record too.
    """
    scanner = ArrayScanner()
    joined = join_pieces(scanner.cut(chunks), record_bytes=cutting.record_bytes, keep=cutting.keep)
    index = -1
    for index, element in enumerate(joined):
        raw = _stripped(element)
        if scanner.is_whole and index == 0 and not raw:
            break
        # Where an element is missing, only the comma can be refused.
        record = cutting.record(raw or b",", f"$[{index}]", index)
        yield record if scanner.is_whole or not scanner.is_at_end else _cut_off(record)
    behind = cutting.whole(chain([scanner.rest], chunks), f"behind $[{index}]", index + 1)
    if behind.raw or isinstance(behind, RefusedRecord):
        yield behind


def _stripped(joined: bytes | Kept) -> bytes | Kept:
    return joined.strip(JSON_SPACE) if isinstance(joined, bytes) else joined


def _cut_off(record: RawRecord) -> RawRecord:
    if isinstance(record, RefusedRecord):
        return record
    detail = f"The array ends in or behind its element {record.index}, without a closing bracket."
    rejection = Rejection(reason=RejectReason.TRUNCATED_JSON, detail=detail)
    return _refused(record.raw, rejection, record.locator, record.index)
