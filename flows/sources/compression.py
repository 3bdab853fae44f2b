"""Reading gzip, zstd and bzip2, known by their first bytes, and stopping at what expands without end."""

import io
from collections.abc import Callable
from typing import Any, BinaryIO, Literal

import pyarrow as pa

from flows.sources.limits import Limits
from flows.sources.padding import ends_in_padding
from schemas.errors import RecordFault
from schemas.reasons import RejectReason

Compression = Literal["gzip", "zstd", "bz2"]
COMPRESSIONS: dict[bytes, Compression] = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    **{b"BZh%d1AY&SY" % level: "bz2" for level in range(1, 10)},
}
BUFFER_BYTES = 1 << 20


def compression_of(start: bytes) -> Compression | None:
    """Tell the compression from the first bytes; None for none that is known."""
    return next((name for magic, name in COMPRESSIONS.items() if start.startswith(magic)), None)


class _Expanding(io.RawIOBase):
    """What compressed data expands to, up to a bound."""

    def __init__(
        self,
        stored: BinaryIO,
        compression: Compression,
        *,
        stored_bytes_count: int,
        limits: Limits,
        reopen: Callable[[], BinaryIO] | None,
    ) -> None:
        """Decompress `stored`, which stays the caller's to close."""
        # Arrow reads concatenated frames as one file and notices a truncated stream; the zstandard package's reader
        # ends a truncated stream without a word.
        self._stream = pa.CompressedInputStream(_as_arrow(stored), compression)
        self._compression = compression
        self._reopen = reopen
        self._step = BUFFER_BYTES
        self._most = limits.expanded(stored_bytes_count)
        self._stored_bytes_count = stored_bytes_count
        self._count = 0
        self._is_at_end = False

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read on.

        Raises:
            OSError: the data is broken, or ends too early.
            RecordFault: `unsafe_archive`: it expands to more than is allowed.
        """
        left = self._most - self._count
        # `readall` hands in a bytearray, of which a slice would be a copy.
        read_count = self._read(memoryview(buffer)[:left] if left else memoryview(bytearray(1)))
        self._count += read_count
        if self._count > self._most:
            raise RecordFault(
                RejectReason.UNSAFE_ARCHIVE,
                f"{self._stored_bytes_count} bytes expand to more than {self._most}, which is all that is read.",
            )
        return read_count

    def _read(self, buffer: memoryview) -> int:
        """Read on; what can be decompressed before the break comes before the error.

        Arrow drops what a failing read had decompressed, so that is read again in smaller and smaller steps.
        """
        while not self._is_at_end:
            try:
                return int(self._stream.readinto(buffer[: self._step]))
            except (OSError, pa.ArrowException):
                if self._reopen is None:
                    raise
                if self._step == 1:
                    if self._compression != "gzip" or not ends_in_padding(self._reopen()):
                        raise
                    self._is_at_end = True
                    break
                self._step //= 16
                self._stream = pa.CompressedInputStream(_as_arrow(self._reopen()), self._compression)
                _skip(self._stream, self._count)
        return 0

    def readable(self) -> bool:
        """Reading is all that there is."""
        return True


def expand(
    stored: BinaryIO,
    compression: Compression,
    *,
    stored_bytes_count: int,
    limits: Limits,
    reopen: Callable[[], BinaryIO] | None = None,
) -> io.BufferedReader:
    """Give a stream of what is compressed, of which `readline` and `peek` are fast.

    Args:
        stored: the compressed stream.
        compression: how it is compressed.
        stored_bytes_count: its size, by which it is told whether it expands without end.
        limits: how far it may expand.
        reopen: opens it anew; without it some of what stands before a break is not read.
    """
    expanding = _Expanding(
        stored, compression, stored_bytes_count=stored_bytes_count, limits=limits, reopen=reopen
    )
    return io.BufferedReader(expanding, BUFFER_BYTES)


def _skip(stream: pa.NativeFile, bytes_count: int) -> None:
    left = bytes_count
    while left > 0 and (chunk := stream.read(min(left, BUFFER_BYTES))):
        left -= len(chunk)


def _as_arrow(stored: Any) -> pa.NativeFile:
    return (
        pa.BufferReader(stored.getvalue()) if isinstance(stored, io.BytesIO) else pa.PythonFile(stored, "r")
    )
