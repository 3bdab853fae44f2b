"""What a rollout format is: how to know its records, and how to read one.

A member is one module with one frozen instance, and one line in `ROLLOUT_FORMATS`. How records lie in a file is
`framing.py`, for all formats alike; a format may claim a whole file as one record (a session log), or several files
together (`bundle.py`).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.reasons import RejectReason
from schemas.trajectory import Trajectory
from schemas.verdict import Verdict

Holds = tuple[Trajectory | Verdict, ...]
"""What one record holds; empty for a file that only tells of other files (a run's metadata)."""


def _nothing_beside(path: str) -> bytes | None:  # noqa: ARG001 - the signature is the contract
    return None


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where records come from, as far as a decoder may know it."""

    uri: str
    """Path or URI as the user gave it; for messages and the file's name, never opened here."""
    name: str
    """The user's name for the source (`--source`), else the file's stem."""
    beside: Callable[[str], bytes | None] = _nothing_beside
    """Read a small file by its path relative to this one (`metadata.json`, `../result.json`); None when absent."""

    @property
    def file_name(self) -> str:
        """The last part of the URI."""
        return self.parts[-1]

    @property
    def parts(self) -> list[str]:
        """The URI's folders and file name, outermost first."""
        return self.uri.replace("\\", "/").split("/")


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
    claimed_by: str | None = None
    """The format that takes the whole file (or bundle) as this one record; null for a record of its own."""


@dataclass(frozen=True, kw_only=True)
class Head:
    """The first bytes of a file, by which a format claims all of it."""

    file_name: str
    start: bytes
    """The file's first bytes, decompressed: at least the first line, unless that is very long."""
    records: tuple[object, ...]
    """The first records, parsed: JSON lines, or elements of one array; empty for anything else."""
    end: bytes = b""
    """The last bytes of a file that is held whole; empty for one that streams by."""


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """What one record became."""

    format_name: str
    trajectories: tuple[Trajectory, ...]
    verdicts: tuple[Verdict, ...] = ()


class BundleName(NamedTuple):
    """One bundle of files, as the format that reads it names it."""

    format_name: str
    key: str
    """The folder that its files share."""
    least_count: int
    """Fewer files than this are no bundle."""


@dataclass(frozen=True, kw_only=True)
class Rejection:
    """Why one raw record did not become trajectories."""

    reason: RejectReason
    detail: str
    """What was found and what was expected; never private text of the record."""
    format_name: str | None = None
    """The format that refused it; null when none was recognised."""


@dataclass(frozen=True, kw_only=True)
class RolloutFormat:
    """One raw format: bytes to canonical trajectories, or a `RecordFault`.

    A member overrides `decode`, and at least one of the three ways to know its input.
    """

    name: str
    """The name that `--format` takes."""
    version: str
    """Version of the decoder; a change of what it emits changes this."""
    reads: str
    """One record, and which versions of the format were read: one line for people."""
    carries: str
    """What it tells beside the messages: one line for people."""
    lacks: str
    """What it cannot tell: one line for people."""
    example: str
    """A command that ingests it."""
    ignored: Mapping[str, str] = field(default_factory=dict)
    """Leaves of a record that no column holds (dotted names without indices; a prefix covers all beneath), and why."""

    @property
    def bundle_least(self) -> int:
        """How many files a bundle has at least; fewer of one key are read alone, and told by their content."""
        return 1

    def recognises(self, record: object) -> bool:  # noqa: ARG002 - the signature is the contract
        """Tell from one parsed record whether it is of this format."""
        return False

    def claims(self, head: Head) -> bool:  # noqa: ARG002 - the signature is the contract
        """Tell from the head of a file whether all of it is one record of this format."""
        return False

    def bundle_key(self, path: str) -> str | None:  # noqa: ARG002 - the signature is the contract
        """Name the bundle that a file belongs to: files of one key are read together, as one record.

        Args:
            path: with forward slashes.

        Returns:
            The folder that all files of the bundle share; None for a file that is read alone.
        """
        return None

    def part(self, record: RawRecord) -> Iterable[RawRecord]:
        """Part a file that this format claimed, where some of it can be refused without the rest.

        Returns:
            Mostly the record itself; else what can be read, and refused records.
        """
        return (record,)

    def decode(self, record: RawRecord, source: Source) -> Holds:
        """Read one record.

        Raises:
            RecordFault: the record is not what the format promises.
        """
        raise NotImplementedError
