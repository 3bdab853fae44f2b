"""What a rollout format is: how to know its records, and how to read one.

A member is one module with one frozen instance, and one line in `ROLLOUT_FORMATS`. How records lie in a file is
`framing.py`, for all formats alike.
"""

from dataclasses import dataclass
from typing import Protocol

from schemas.reasons import RejectReason
from schemas.trajectory import Trajectory


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where records come from, as far as a decoder may know it."""

    uri: str
    """Path or URI as the user gave it; for messages and the file's name, never opened here."""
    name: str
    """The user's name for the source (`--source`), else the file's stem."""

    @property
    def file_name(self) -> str:
        """The last part of the URI."""
        return self.uri.replace("\\", "/").rsplit("/", 1)[-1]


@dataclass(frozen=True, kw_only=True)
class RawRecord:
    """One record as it lies in its file."""

    raw: bytes
    """The record's exact bytes, without separators between records."""
    locator: str
    """`$[3]`, `line 17`, or `file`."""
    index: int
    """Order in the file, from 0."""
    record_id: str
    """SHA-256 of `raw`."""


@dataclass(frozen=True, kw_only=True)
class Rejection:
    """Why one raw record did not become trajectories."""

    reason: RejectReason
    detail: str
    """What was found and what was expected; never private text of the record."""
    format_name: str | None = None
    """The format that refused it; null when none was recognised."""


class RolloutFormat(Protocol):
    """One raw format: bytes to canonical trajectories, or a `RecordFault`."""

    @property
    def name(self) -> str:
        """The name that `--format` takes."""

    @property
    def version(self) -> str:
        """Version of the decoder; a change of what it emits changes this."""

    @property
    def reads(self) -> str:
        """Which versions of the format it reads, and what the format cannot tell: one line for people."""

    def recognises(self, record: object) -> bool:
        """Tell from one parsed record whether it is of this format."""

    def decode(self, record: RawRecord, source: Source) -> tuple[Trajectory, ...]:
        """Read one record.

        Raises:
            RecordFault: the record is not what the format promises.
        """
