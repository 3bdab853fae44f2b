"""Where encoded rollouts go: numbered parts of lines, one array per domain, or one file each."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Final, Self

if TYPE_CHECKING:
    from pathlib import Path

PART_ROLLOUTS: Final = 5_000
"""Rollouts of one numbered part."""


class LineParts:
    """JSONL files of `PART_ROLLOUTS` lines: part-00000.jsonl, part-00001.jsonl and so on."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._count = 0
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, domain: str, task_id: str, trial: int, body: bytes) -> None:  # noqa: ARG002
        """Write one line; the body ends with a newline."""
        if self._file is None or self._count % PART_ROLLOUTS == 0:
            if self._file is not None:
                self._file.close()
            self._file = (self._folder / f"part-{self._count // PART_ROLLOUTS:05d}.jsonl").open("wb")
        self._file.write(body)
        self._count += 1


class DomainArrays:
    """One JSON array per domain: sim-orders.json and so on, streamed."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._files: dict[str, BinaryIO] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        for file in self._files.values():
            file.write(b"\n]\n")
            file.close()

    def add(self, domain: str, task_id: str, trial: int, body: bytes) -> None:  # noqa: ARG002
        """Write one element."""
        file = self._files.get(domain)
        if file is None:
            file = self._files[domain] = (self._folder / f"sim-{domain}.json").open("wb")
            file.write(b"[\n")
        else:
            file.write(b",\n")
        file.write(body)


class OwnFiles:
    """One file per rollout: <task>/<trial>/agent/trajectory.json."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Nothing is open."""

    def add(self, domain: str, task_id: str, trial: int, body: bytes) -> None:  # noqa: ARG002
        """Write one file."""
        folder = self._folder / task_id / str(trial) / "agent"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "trajectory.json").write_bytes(body)


CONTAINERS: Final[dict[str, type[LineParts | DomainArrays | OwnFiles]]] = {
    "lines": LineParts,
    "array": DomainArrays,
    "files": OwnFiles,
}
"""Every container by name."""
