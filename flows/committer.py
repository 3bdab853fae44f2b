"""Commits batches in one thread, while others read on: decoding needs Python's lock, writing Parquet does not."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import BoundedSemaphore, Event
from types import TracebackType
from typing import Self

WAITING = 0
"""Batches that may wait behind the one that is being written: each costs its memory."""


class StoppedError(RuntimeError):
    """The ingest is being given up: whoever still reads for it may end."""


class Committer:
    """A queue of commits, in order, with little room: whoever is too fast waits.

    A commit that failed raises where its future is asked, and does not stop the others: a batch is whole in itself.
    Leaving the `with` block by an error or by Ctrl-C finishes the commits that were queued and takes no more.
    """

    def __init__(self) -> None:
        """Start the thread."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="winnow-commit")
        self._room = BoundedSemaphore(1 + WAITING)
        self._stopped = Event()

    def check(self) -> None:
        """Let a reader go on.

        Raises:
            StoppedError: no more commits are taken.
        """
        if self._stopped.is_set():
            raise StoppedError

    def submit(self, commit: Callable[[], int]) -> "Future[int]":
        """Queue one commit, waiting for room; `commit` gives how many trajectories were new.

        Raises:
            StoppedError: no more commits are taken.
        """
        self._room.acquire()
        if self._stopped.is_set():
            self._room.release()
            raise StoppedError
        future = self._thread.submit(commit)
        future.add_done_callback(lambda _: self._room.release())
        return future

    def __enter__(self) -> Self:
        """Use in a `with` block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish what is queued; after an error, take no more."""
        if kind is not None:
            self._stopped.set()
        self._thread.shutdown()
