"""Bytes as they lie somewhere: in a file on disk, in an object store, or in memory. They can be opened again and again.

A location is a local path or a URI (`s3://`, `gs://`, `az://`, `abfs://`). Nothing here knows formats or archives.
"""

import io
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from flows.sources import object_store

BUFFER_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Stored:
    """Some bytes of known size."""

    bytes_count: int
    open: Callable[[], BinaryIO]
    """Open them at the beginning, independent of other readers; fast at `readline` and able to `seek`."""
    read: Callable[[], bytes]
    """Read all of them at once."""
    is_touched: Callable[[], bool] = field(default=lambda: False)
    """Tell whether something was written since they were first opened: appended, or written over."""


def in_memory(data: bytes) -> Stored:
    """Treat bytes as a file."""
    return Stored(bytes_count=len(data), open=lambda: io.BytesIO(data), read=lambda: data)


@contextmanager
def open_location(location: str) -> Iterator[Stored]:
    """Open a file.

    A local one is read as long as it is now: what is appended later is not seen. A pipe or a device never blocks.

    Raises:
        OSError: it is gone, may not be read, or is no regular file.
    """
    if object_store.is_uri(location):
        yield Stored(
            bytes_count=object_store.size_of(location),
            open=lambda: _buffered(object_store.open_object(location)),
            read=lambda: object_store.read_object(location),
        )
        return
    with io.FileIO(os.open(location, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)) as file:
        opened = os.fstat(file.fileno())
        if not stat.S_ISREG(opened.st_mode):
            raise OSError(f"No file: its mode is {stat.filemode(opened.st_mode)}.")
        yield Stored(
            bytes_count=opened.st_size,
            open=lambda: _buffered(_Snapshot(file, opened.st_size)),
            read=lambda: _Snapshot(file, opened.st_size).read_all(),
            is_touched=lambda: os.fstat(file.fileno()).st_mtime_ns != opened.st_mtime_ns,
        )


class _Snapshot(io.RawIOBase):
    """An open file as long as it was when it was opened, with a position of its own."""

    def __init__(self, file: io.FileIO, bytes_count: int) -> None:
        self._file = file
        self._bytes_count = bytes_count
        self._position = 0

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read on, to the size at opening.

        Raises:
            OSError: the file has become shorter, or was closed.
        """
        if self._file.closed:  # its descriptor may be another file's by now
            raise OSError("The file was closed.")
        left = max(0, self._bytes_count - self._position)
        read_count = os.preadv(self._file.fileno(), [buffer[:left]], self._position)
        if read_count == 0 and left > 0 and len(buffer) > 0:
            raise OSError(f"The file was cut by {left} bytes while it was read.")
        self._position += read_count
        return read_count

    def read_all(self) -> bytes:
        """Read to the size at opening, at once; `readall` would go in small steps.

        Raises:
            OSError: the file has become shorter.
        """
        whole = os.pread(self._file.fileno(), self._bytes_count, 0)
        if len(whole) < self._bytes_count:  # cut meanwhile, or a file system that reads in pieces
            pieces = [whole]
            self._position = len(whole)
            while self._position < self._bytes_count:
                pieces.append(self.read(self._bytes_count - self._position) or b"")
            whole = b"".join(pieces)
        return whole

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        starts = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._bytes_count}
        self._position = starts[whence] + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True


def _buffered(raw: object) -> BinaryIO:
    return io.BufferedReader(cast("io.RawIOBase", raw), BUFFER_BYTES)
