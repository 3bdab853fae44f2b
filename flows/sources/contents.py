"""What is read for records: a file or a member of an archive, with what is kept of it when it is refused."""

import hashlib
import io
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple, cast

from flows.sources.archives import BROKEN, Member
from flows.sources.locations import BUFFER_BYTES, Stored
from schemas.errors import RecordFault
from schemas.identity import content_digest
from schemas.reasons import RejectReason
from schemas.rollouts import RawRecord, Rejection, Source
from schemas.rollouts.raw.pieces import read_chunks

CUT_OFF = "The archive ends {} bytes before the end of its last member."
STEP_BYTES = 1 << 16
"""How much of a member is read at once: what is lost of it, at most, where its archive breaks."""


class Cut(NamedTuple):
    """One raw record, and where it comes from."""

    record: RawRecord
    source: Source


@dataclass(frozen=True, kw_only=True)
class Content:
    """The bytes of one file, or of one member of an archive."""

    source: Source
    bytes_count: int
    open: Callable[[], BinaryIO]
    kept: Callable[[], Iterator[bytes]]
    """Read what a refusal keeps of it."""
    is_member: bool = False
    is_streamed: bool = False
    """Whether it can be opened only once."""
    fault: RecordFault | None = None
    """Why there is nothing in it that could be read; null when there is."""

    @classmethod
    def of(cls, stored: Stored, source: Source, *, is_member: bool = False) -> "Content":
        """Read stored bytes; a refusal keeps them as they are."""
        return cls(
            source=source,
            bytes_count=stored.bytes_count,
            open=stored.open,
            kept=lambda: read_chunks(stored.open()),
            is_member=is_member,
        )


class ArchiveBrokenError(Exception):
    """The archive broke while a member was read: not the member's fault, and nothing behind it can be read."""

    def __init__(self, rejection: Rejection) -> None:
        """Keep why."""
        super().__init__(rejection.detail)
        self.rejection = rejection


def rejection_of(exc: BaseException) -> Rejection:
    """Say why something could not be read."""
    if isinstance(exc, ArchiveBrokenError):
        return exc.rejection
    if isinstance(exc, RecordFault):
        return Rejection(reason=exc.reason, detail=exc.detail)
    if isinstance(exc, OSError) and exc.strerror:
        return Rejection(reason=RejectReason.FILE_NOT_READ, detail=f"{exc.strerror}.")
    return Rejection(reason=RejectReason.UNREADABLE_CONTAINER, detail=str(exc) or type(exc).__name__)


class _Streamed(io.RawIOBase):
    def __init__(self, member: Member) -> None:
        self._stream = member.open()
        self._left = member.bytes_count

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read on.

        Raises:
            ArchiveBrokenError: the archive cannot be read any further.
        """
        try:
            chunk = self._stream.read(min(len(buffer), STEP_BYTES))
            if not chunk and self._left > 0:  # a tar gives less of a member that is cut off, without a word
                raise tarfile.ReadError(CUT_OFF.format(self._left))
        except (*BROKEN, RecordFault) as exc:
            raise ArchiveBrokenError(rejection_of(exc)) from exc
        self._left -= len(chunk)
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def readable(self) -> bool:
        return True


def open_streamed(member: Member) -> BinaryIO:
    """Open a large member of an archive that is read front to back, so that the archive's faults are not the member's."""
    return io.BufferedReader(_Streamed(member), BUFFER_BYTES)


def digest_of(stored: Stored) -> str:
    """Hash stored bytes, in bounded memory.

    Raises:
        OSError: they cannot be read.
    """
    if stored.bytes_count <= BUFFER_BYTES:
        return content_digest(stored.read())
    with stored.open() as stream:
        return hashlib.file_digest(cast("io.BytesIO", stream), "sha256").hexdigest()
