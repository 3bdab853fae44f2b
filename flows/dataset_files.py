"""The files of one export: data per split in shards, and their hashes; complete or absent, never half there."""

import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.errors import WinnowError
from schemas.training import TrainingFormat, encode_jsonl

MANIFEST = "manifest.json"
SHARD_ROWS = 20_000
"""Rows of one file at most: loaders read files in parallel, and memory is bounded by one row group of them."""
GROUP_ROWS = 500
"""Rows held before they are written: a Parquet row group."""

Row = dict[str, Any]


class SplitFiles:
    """Writes one split as `SPLIT-00000.SUFFIX`, `SPLIT-00001.SUFFIX` ..."""

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
        if self._parquet is not None:
            self._parquet.write_table(pa.Table.from_pylist(rows, schema=self._form.arrow_schema))
        else:
            self._stream.writelines(encode_jsonl(row) for row in rows)
        self._held = []

    def _close(self) -> None:
        self._flush()
        if self._parquet is not None:
            self._parquet.close()
        self._stream.close()
        self._files.append(
            {
                "name": self._path.name,
                "split": self._split,
                "row_count": self._shard_rows,
                "bytes_count": self._path.stat().st_size,
                "sha256": hashlib.sha256(self._path.read_bytes()).hexdigest(),
            }
        )


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


def dataset_card(
    *, name: str, form: TrainingFormat[Any], files: list[Row], redactions: Mapping[str, int]
) -> str:
    """Write the card whose header tells `datasets.load_dataset` which files are data, and of which split.

    Args:
        name: the dataset's name.
        form: the training format.
        files: the data files, see `SplitFiles.finish`.
        redactions: how often each kind was replaced; empty when none was asked for.
    """
    splits = sorted({file["split"] for file in files}, key=lambda split: (split != "train", split))
    lines = ["---", "configs:", "- config_name: default", "  data_files:"]
    for split in splits:
        lines += [f"  - split: {split}", f'    path: "{split}-*.{form.suffix}"']
    lines += [
        "---",
        "",
        f"# {name}",
        "",
        f"Written by Winnow in the format `{form.name}` (version {form.version}), one row per {form.unit}.",
        f"`{MANIFEST}` says from what and how; `provenance.parquet` gives the origin of each row.",
        *_redaction_lines(redactions),
        "",
    ]
    return "\n".join(lines)


def _redaction_lines(redactions: Mapping[str, int]) -> list[str]:
    if not redactions:
        return []
    replaced = ", ".join(f"{kind} {count}" for kind, count in redactions.items() if count)
    return [
        "",
        f"Secrets and personal data were replaced by `[REDACTED:KIND]`: {replaced or 'none was found'}.",
        f"Looked for: {', '.join(redactions)}.",
    ]
