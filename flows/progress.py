"""How far long work is, for whoever watches: the command line draws bars, a scheduled run draws nothing.

Flows report; only `flows.cli` installs a reporter. One process has at most one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

BYTES = "bytes"
"""The unit of stages that count bytes: shown as kB, MB and so on."""


class Reporter(Protocol):
    """Something that shows progress; called from several threads."""

    def start(self, stage: str, total: int | None, unit: str) -> None:
        """Begin a stage of `total` units of work; null when nobody knows how many."""

    def advance(self, stage: str, amount: int) -> None:
        """Say that `amount` more units are done."""


class Silence:
    """The reporter when nobody watches."""

    def start(self, stage: str, total: int | None, unit: str) -> None:
        """Show nothing."""

    def advance(self, stage: str, amount: int) -> None:
        """Show nothing."""


_reporters: list[Reporter] = [Silence()]


@contextmanager
def shown_by(reporter: Reporter) -> Iterator[None]:
    """Send reports to `reporter` while the block runs."""
    _reporters.append(reporter)
    try:
        yield
    finally:
        _reporters.pop()


def start(stage: str, total: int | None, unit: str) -> None:
    """Report that a stage begins."""
    _reporters[-1].start(stage, total, unit)


def advance(stage: str, amount: int = 1) -> None:
    """Report that part of a stage is done."""
    _reporters[-1].advance(stage, amount)
