"""Protect: keep texts that no training set may hold, such as the tasks of a benchmark, under a name for recipes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from flows.protected import named_texts
from schemas.errors import SourceNotFoundError, WinnowError
from warehouse import Warehouse

TEXT_COLUMNS = ("text", "instruction", "question", "prompt", "problem_statement")
"""Columns that are taken for the text, the first that a file has."""
KEY_COLUMNS = ("task_key", "task_id", "instance_id", "id")
"""Columns that are taken for the task's own name, the first that a file has."""
NAME = re.compile(r"[\w.-]+", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class ProtectCounts:
    """What was read, and what the set holds now."""

    read_count: int
    """Rows of the files."""
    empty_count: int
    """Rows without a text: left out."""
    text_count: int
    """Texts of the set; equal ones of one task count once."""


def protect(
    *,
    warehouse: Path,
    paths: Sequence[Path],
    name: str,
    text_column: str | None = None,
    key_column: str | None = None,
) -> ProtectCounts:
    """Make the texts of files a protected set; one of that name is replaced.

    Args:
        warehouse: folder of the store.
        paths: JSON lines, CSV or Parquet with a row per text, or plain text with a text per line.
        name: what recipes call the set; also the benchmark of rows that name none in a column `benchmark`.
        text_column: the column with the text; by default the first of `TEXT_COLUMNS` that is there.
        key_column: the column with the task's own name; by default the first of `KEY_COLUMNS` that is there, else rows
            are numbered.

    Raises:
        SourceNotFoundError: no such file.
        WinnowError: a name or a file that cannot be used; the message says what can.
    """
    if not NAME.fullmatch(name):
        raise WinnowError(
            f"A protected set cannot be called {name!r}. Allowed: letters, digits, `_`, `.` and `-`.\n\n"
            "Hint: tasks that are in the warehouse need no set of their own, recipes call them `benchmark:NAME`"
        )
    rows = pl.concat([_read_rows(path, name, text_column, key_column) for path in paths])
    told = rows.filter(pl.col("text").str.contains(r"\S"))
    texts = named_texts(told).unique("protected_id").with_columns(set_name=pl.lit(name))
    _replace_set(Warehouse(warehouse), name, texts)
    return ProtectCounts(
        read_count=rows.height, empty_count=rows.height - told.height, text_count=texts.height
    )


def _replace_set(house: Warehouse, name: str, texts: pl.DataFrame) -> None:
    """Put the texts in place of the set's; the same ones change nothing."""
    with house.lock():
        held = house.store.scan("protected_texts").filter(pl.col("set_name") == name).collect()
        if set(held["protected_id"]) != set(texts["protected_id"]):
            house.store.delete("protected_texts", f"set_name = '{name}'")
            house.store.append("protected_texts", texts)


def _read_rows(path: Path, name: str, text_column: str | None, key_column: str | None) -> pl.DataFrame:
    """Read `benchmark`, `task_key` and `text` (null where there is none) of each row of a file."""
    rows = _read_file(path)
    text = _text_column(rows, path, text_column)
    key = next((column for column in _candidates(KEY_COLUMNS, key_column) if column in rows.columns), None)
    if key is None and key_column is not None:
        raise _missing_column(rows, path, key_column)
    number = pl.format("{}:{}", pl.lit(path.name), pl.int_range(1, pl.len() + 1))
    own = pl.col("benchmark").cast(pl.String) if "benchmark" in rows.columns else pl.lit(None)
    return rows.select(
        benchmark=pl.coalesce(own, pl.lit(name)),
        task_key=number if key is None else pl.coalesce(pl.col(key).cast(pl.String), number),
        text=pl.col(text).cast(pl.String),
    )


def _read_file(path: Path) -> pl.DataFrame:
    if not path.is_file():
        raise SourceNotFoundError(f"No file at {str(path)!r}.")
    try:
        match path.suffix:
            case ".jsonl" | ".ndjson":
                return pl.read_ndjson(path, infer_schema_length=None)
            case ".csv":
                return pl.read_csv(path, infer_schema=False)
            case ".parquet":
                return pl.read_parquet(path)
            case ".txt":
                return pl.DataFrame(
                    {"text": path.read_text(encoding="utf-8").splitlines()}, {"text": pl.String}
                )
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as exc:
        raise WinnowError(f"{str(path)!r} cannot be read as {path.suffix}: {exc}") from exc
    raise WinnowError(
        f"{str(path)!r} ends in {path.suffix!r}. Files of protected texts end in .csv, .jsonl, .ndjson, .parquet, .txt"
    )


def _text_column(rows: pl.DataFrame, path: Path, wanted: str | None) -> str:
    candidates = _candidates(TEXT_COLUMNS, wanted)
    for column in candidates:
        if column in rows.columns:
            if rows.schema[column] not in {pl.String, pl.Null}:
                kind = rows.schema[column]
                raise WinnowError(f"Column {column!r} of {str(path)!r} must hold text, it holds {kind}.")
            return column
    raise _missing_column(rows, path, " or ".join(candidates))


def _candidates(usual: tuple[str, ...], wanted: str | None) -> tuple[str, ...]:
    return usual if wanted is None else (wanted,)


def _missing_column(rows: pl.DataFrame, path: Path, wanted: str) -> WinnowError:
    return WinnowError(
        f"{str(path)!r} has no column {wanted}. Its columns: {', '.join(rows.columns) or '(none)'}\n\n"
        "Hint: --text-column NAME or --key-column NAME"
    )
