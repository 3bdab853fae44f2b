"""The queue of commits when the ingest is given up."""

from threading import Event

import pytest

from flows.committer import Committer, StoppedError


def test_what_was_queued_is_finished_and_nothing_more_is_taken() -> None:
    is_interrupted = Event()
    committer = Committer()
    committer.check()
    queued = committer.submit(lambda: int(is_interrupted.wait(10)))
    is_interrupted.set()
    committer.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert queued.result(timeout=0) == 1
    with pytest.raises(StoppedError):
        committer.check()
    for _ in range(3):  # also when there is no room left for one that is refused
        with pytest.raises(StoppedError):
            committer.submit(int)


def test_a_failed_commit_does_not_stop_the_others() -> None:
    def fail() -> int:
        raise OSError("the disk is full")

    with Committer() as committer:
        failed, fine = committer.submit(fail), committer.submit(lambda: 2)
    assert fine.result() == 2
    with pytest.raises(OSError, match="full"):
        failed.result()
