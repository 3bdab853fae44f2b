"""Files that a user points at: finding them, opening them whatever their compression, and their identity."""

import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa

from schemas.errors import SourceNotFoundError

COMPRESSIONS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
"""Compression by a file's first bytes."""
READ_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """One file to ingest."""

    path: Path
    name: str
    """The user's name for the source, else that of what the user pointed at: the folder, or the file's stem."""
    file_bytes_count: int


def find_files(paths: Sequence[str | Path], *, source_name: str | None = None) -> list[SourceFile]:
    """Expand files, folders (searched to the bottom) and globs, sorted by path, each file once.

    Hidden files and folders (a leading dot) inside a folder are left out. All files of one folder or glob are one
    source, named by the folder: a task whose trials lie in several of its files is one task.

    Raises:
        SourceNotFoundError: one of the paths leads to no file.
    """
    found: dict[Path, str] = {}
    for given in paths:
        files = sorted(_expand(given))
        if not files:
            raise SourceNotFoundError(
                f"Nothing to ingest at {str(given)!r}: no file, no folder with files, and no glob that matches.\n\n"
                "Hint: name rollout files, a folder of them, or a quoted glob such as 'runs/**/*.jsonl'"
            )
        name = source_name or _name(given)
        for file in files:
            found.setdefault(file, name)
    return [
        SourceFile(path=path, name=name, file_bytes_count=path.stat().st_size) for path, name in found.items()
    ]


def file_digest(path: Path) -> str:
    """SHA-256 of the file's bytes as they lie on disk, in bounded memory."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def open_decompressed(path: Path) -> Iterator[BinaryIO]:
    """Open a file, plain, gzip or zstd by its first bytes (not by its name).

    Raises:
        OSError: also from later reads, when the compressed stream is broken or ends too early.
    """
    with path.open("rb") as stream:
        magic = stream.read(4)
    compression: Any = next((name for start, name in COMPRESSIONS.items() if magic.startswith(start)), None)
    # Arrow reads concatenated zstd frames as one file and notices a truncated stream; the zstandard package's
    # reader ends a truncated stream without a word.
    with pa.input_stream(str(path), compression=compression) as native:
        yield cast("BinaryIO", io.BufferedReader(native, READ_BYTES))


def _expand(given: str | Path) -> Iterable[Path]:
    path = Path(given)
    if path.is_file():
        return [path]
    if path.is_dir():
        return [
            child
            for child in path.rglob("*")
            if child.is_file() and not any(part.startswith(".") for part in child.relative_to(path).parts)
        ]
    if has_magic(str(given)):
        matches = glob(str(given), recursive=True)  # noqa: PTH207 - Path.glob takes no absolute pattern
        return [Path(match) for match in matches if Path(match).is_file()]
    return []


def _name(given: str | Path) -> str:
    """Name a source after its file, or after the folder that holds all its files."""
    path = Path(given)
    if path.is_file():
        return _stem(path)
    while has_magic(str(path)):
        path = path.parent
    return path.resolve().name


def _stem(path: Path) -> str:
    """`runs/gpt-4o-airline.json.zst` is `gpt-4o-airline`."""
    name = path.name
    for suffix in (".zst", ".gz"):
        name = name.removesuffix(suffix)
    return name.rsplit(".", 1)[0] if "." in name.lstrip(".") else name
