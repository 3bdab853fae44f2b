"""What stands before the place where a compressed stream breaks: its whole records come first, then the fault."""

import io
from contextlib import suppress

import msgspec

from flows.sources.archives import BROKEN
from schemas.rollouts import RawRecord, RefusedRecord


class UntilBreak(io.RawIOBase):
    """A stream that ends where it breaks.

    Attributes:
        fault: why it broke; null as long as it did not.
    """

    def __init__(self, stream: io.BufferedReader) -> None:
        """Read `stream`, which stays the caller's to close."""
        self._stream = stream
        self.fault: Exception | None = None

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read on, up to the break."""
        if self.fault is not None:
            return 0
        try:
            return self._stream.readinto1(buffer)
        except BROKEN as exc:
            self.fault = exc
            return 0

    def readable(self) -> bool:
        """Reading is all that there is."""
        return True

    def is_read(self, record: RawRecord) -> bool:
        """Tell a record that came whole from one that the break cut off; its bytes are the refused file's."""
        if self.fault is None:
            return True
        if isinstance(record, RefusedRecord):
            return not record.is_held
        return any(_is_container(end) for end in (record.raw, record.raw.rstrip().rpartition(b"\n")[2]))


def _is_container(text: bytes) -> bool:
    """Tell whole JSON that cannot go on: a number could."""
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return isinstance(msgspec.json.decode(text), (dict, list))
    return False
