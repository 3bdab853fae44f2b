"""Ctrl-C: what is being committed is finished, what has not begun is left; a second Ctrl-C ends the command at once.

Either way nothing that was committed is lost: a command that was killed at any moment is continued by running it again.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

EXIT_INTERRUPTED = 130
"""What shells give for a command that Ctrl-C ended."""
INTERRUPTED = "Interrupted; what was committed stays. Run the same command again to continue."
STOPPING = b"\nStopping when what is being written is finished. Ctrl-C again: stop at once.\n"
STDERR = 2


@contextmanager
def stopping_in_order() -> Iterator[None]:
    """Let Ctrl-C stop the block in two steps; whoever ignores it, or has an answer of their own, keeps that."""
    earlier = signal.getsignal(signal.SIGINT)
    if earlier is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, _begin_to_stop)
    try:
        yield
    finally:
        # Once it has begun to stop, a second Ctrl-C ends it also while threads are waited for at exit.
        if signal.getsignal(signal.SIGINT) is _begin_to_stop:
            signal.signal(signal.SIGINT, earlier)


def _begin_to_stop(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGINT, _stop_at_once)
    os.write(STDERR, STOPPING)  # past Python's stream, which may be locked by whom this interrupts
    signal.default_int_handler(number, frame)


def _stop_at_once(_number: int, _frame: FrameType | None) -> None:
    os._exit(EXIT_INTERRUPTED)
