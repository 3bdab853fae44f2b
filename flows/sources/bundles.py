"""Several files that one format reads as one record, gathered until all are there."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from schemas.reasons import RejectReason
from schemas.rollouts import RawRecord, Rejection
from schemas.rollouts.raw.bundle import pack_bundle
from schemas.rollouts.raw.cutting import Cutting


@dataclass(kw_only=True)
class Bundle:
    """The files of one bundle that were read so far."""

    format_name: str
    key: str
    """The folder that the files share."""
    missing_count: int
    """How many files are still to come."""
    cutting: Cutting
    is_too_large: bool = False
    """Whether it can be no record: its files are then refused one by one."""
    held: dict[str, bytes] = field(default_factory=dict)
    bytes_count: int = 0

    def has(self, name: str) -> bool:
        """Tell whether a file of that name is there already, which only archives allow."""
        return self._inside(name) in self.held

    def add(self, name: str, bytes_count: int, content: Iterator[bytes]) -> Iterator[RawRecord]:
        """Take the next file.

        Args:
            name: its whole path.
            bytes_count: its size.
            content: its bytes.

        Yields:
            The bundle, when this was the last of its files; refused files, when it became too large.
        """
        self.missing_count -= 1
        self.bytes_count += bytes_count
        if self.bytes_count > self.cutting.record_bytes:
            self.is_too_large = True
            yield from self.end()
            yield self.cutting.refused(content, self._too_large(), locator=self._inside(name))
            return
        self.held[self._inside(name)] = b"".join(content)
        if self.missing_count == 0:
            yield from self.end()

    def end(self) -> Iterator[RawRecord]:
        """Give what is held, and let go of it: one record, or refused files."""
        held, self.held = self.held, {}
        if self.is_too_large:
            for name, content in held.items():
                yield self.cutting.refused([content], self._too_large(), locator=name)
        elif held:
            yield self.cutting.record(pack_bundle(held), "bundle", 0, self.format_name)

    def _too_large(self) -> Rejection:
        detail = (
            f"One of the files of {self.key!r}, which are one record for {self.format_name!r} and together larger "
            f"than {self.cutting.record_bytes} bytes; no larger record is read."
        )
        return Rejection(reason=RejectReason.RECORD_TOO_LARGE, detail=detail, format_name=self.format_name)

    def _inside(self, name: str) -> str:
        return name.removeprefix(self.key).lstrip("/")
