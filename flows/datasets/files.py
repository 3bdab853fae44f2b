"""The data files of one export: per split in shards, and their hashes; complete or absent, never half there."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from schemas.errors import WinnowError
from schemas.training import TrainingFormat, arrow_rows, encode_jsonl
from schemas.training.format import Row

MANIFEST = "manifest.json"
SHARD_ROWS = 20_000
"""Rows of one file at most: loaders read files in parallel, and memory is bounded by one row group of them."""
GROUP_ROWS = 500
"""Rows held before they are written: a Parquet row group."""


class SplitFiles:
    """Writes one split as `SPLIT-00000.SUFFIX`, `SPLIT-00001.SUFFIX` ...

    Attributes:
        row_count: rows written so far.
        columns: of JSON Lines, the type of each key's first value, null while it has none; empty for Parquet.
    """

    def __init__(
        self,
        folder: Path,
        split: str,
        form: TrainingFormat[Any],
        *,
        finish_rows: Callable[[list[Row]], list[Row]],
    ) -> None:
        """Write into `folder`, each row as `finish_rows` leaves it; the first file is made even if no row comes."""
        self.row_count = 0
        self._folder = folder
        self._split = split
        self._form = form
        self._finish_rows = finish_rows
        self._held: list[Row] = []
        self._files: list[Row] = []
        self.columns: dict[str, type | None] = {}
        self._open()

    def write(self, row: Row) -> None:
        """Add one row."""
        if self._shard_rows == SHARD_ROWS:
            self._close()
            self._open()
        self._held.append(row)
        self._shard_rows += 1
        self.row_count += 1
        if len(self._held) == GROUP_ROWS:
            self._flush()

    def finish(self) -> list[Row]:
        """Close the last file.

        Returns:
            Name, split, rows, bytes and SHA-256 of each file.
        """
        self._close()
        return self._files

    def _open(self) -> None:
        self._shard_rows = 0
        self._path = self._folder / f"{self._split}-{len(self._files):05d}.{self._form.suffix}"
        schema = self._form.arrow_schema
        self._stream = self._path.open("wb")
        self._parquet = None if schema is None else pq.ParquetWriter(self._stream, schema, compression="zstd")

    def _flush(self) -> None:
        if not self._held:
            return
        rows = self._finish_rows(self._held)
        schema = self._form.arrow_schema
        if self._parquet is not None and schema is not None:
            self._parquet.write_table(arrow_rows(rows, schema))
        else:
            self._stream.writelines(encode_jsonl(row) for row in rows)
            self._note_columns(rows)
        self._held = []

    def _note_columns(self, rows: list[Row]) -> None:
        for row in rows:
            for name, value in row.items():
                if self.columns.get(name) is None:
                    self.columns[name] = None if value is None else type(value)

    def _close(self) -> None:
        self._flush()
        if self._parquet is not None:
            self._parquet.close()
        self._stream.close()
        facts = file_facts(self._path)
        self._files.append(
            {"name": facts["name"], "split": self._split, "row_count": self._shard_rows}
            | {name: facts[name] for name in ("bytes_count", "sha256")}
        )


def names_by_split(files: list[Row]) -> dict[str, list[str]]:
    """Group data files, see `SplitFiles.finish`, by split; those without a row are left out."""
    names: dict[str, list[str]] = {}
    for file in files:
        if file["row_count"]:
            names.setdefault(file["split"], []).append(file["name"])
    return names


def file_facts(path: Path) -> Row:
    """Give name, bytes and SHA-256 of a file."""
    return {"name": path.name, "bytes_count": path.stat().st_size, "sha256": file_digest(path)}


def file_digest(path: Path) -> str:
    """Give the SHA-256 of a file in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def replaced_folder(out: Path) -> Iterator[Path]:
    """Give a folder to fill; when the block ends without a fault it takes the place of `out`.

    Raises:
        WinnowError: `out` holds something that is no export of ours; nothing is touched then.
    """
    if out.exists() and not (out.is_dir() and (not any(out.iterdir()) or (out / MANIFEST).is_file())):
        raise WinnowError(
            f"{str(out)!r} is not empty and holds no export ({MANIFEST} is missing), so it is not replaced.\n\n"
            "Hint: choose another --out, or empty that folder"
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f".{out.name}.partial")
    former = out.with_name(f".{out.name}.former")
    for leftover in (partial, former):
        shutil.rmtree(leftover, ignore_errors=True)
    partial.mkdir()
    yield partial
    if out.exists():
        out.rename(former)
    partial.rename(out)
    shutil.rmtree(former, ignore_errors=True)
