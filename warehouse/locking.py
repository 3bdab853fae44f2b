"""The advisory lock of one warehouse folder: the kernel releases it when its holder dies, however it dies."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def exclusive_lock(path: Path) -> Iterator[None]:
    """Hold the only lock on `path`; waits for other processes and other threads.

    Each call opens the file anew, because flock belongs to the open file: two threads exclude each other too.
    """
    with path.open("ab") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
