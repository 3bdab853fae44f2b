"""One finished run of the main job, and what it exported."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from flows.nightly import NightlyReport
from flows.stages import RAW_STAGE
from schemas.training import TRAINING_FORMATS
from tests.json_columns import decoded_rows
from warehouse import Warehouse

VERSIONS = {"datasets": "table_versions"}
"""Columns that hold versions of tables, which count commits: those of killed and repeated runs, too."""


@dataclass(frozen=True, kw_only=True)
class Finished:
    """One run of the main job."""

    root: Path
    out: Path
    inputs: Path
    report: NightlyReport

    @property
    def house(self) -> Warehouse:
        return Warehouse(self.root)


def stored_rows(house: Warehouse, *, but: Collection[str]) -> dict[str, list[str]]:
    """Give the rows of each table as sorted texts, less what says how often the warehouse was written."""
    tables: dict[str, list[str]] = {}
    for name in sorted(set(house.store.table_names()) - set(but)):
        frame = house.sql(f'SELECT * FROM "{name}"', quarantined=True).to_polars()
        if name == "bucket_states":
            frame = frame.filter(pl.col("stage") != RAW_STAGE)  # which versions of the raw tables were read
        frame = frame.drop(VERSIONS.get(name, ""), strict=False)
        tables[name] = sorted(repr(row) for row in frame.select(sorted(frame.columns)).rows())
    return tables


def exported_rows(folder: Path) -> list[dict[str, Any]]:
    """Read the Parquet rows of an export, all splits; JSON columns as the values that they hold."""
    files = sorted(file for file in folder.glob("*.parquet") if file.name != "provenance.parquet")
    return [row for file in files for row in decoded_rows(pq.read_table(file))]


def file_hashes(folder: Path) -> dict[str, str]:
    """Hash every file below a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def exported_bytes(folder: Path) -> dict[str, bytes]:
    """Read every exported byte; of Parquet also the decoded cells, for compression hides words."""
    found: dict[str, bytes] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        found[str(path)] = path.read_bytes()
        if path.suffix == ".parquet":
            found[f"{path} decoded"] = pl.read_parquet(path).write_json().encode()
    return found


def losing(name: str, tokenizer: Path) -> dict[str, Any]:
    """Give the parameters with which a format writes whatever it is given."""
    needs_tokenizer = "tokenizer" in TRAINING_FORMATS[name].__dataclass_fields__
    return {"unsupported": "lose"} | ({"tokenizer": str(tokenizer)} if needs_tokenizer else {})


def decoded_bytes(folder: Path, tokenizer: Path) -> bytes:
    """Give the text of all token ids of an export."""
    from transformers import AutoTokenizer

    words = AutoTokenizer.from_pretrained(tokenizer, local_files_only=True)
    return "\n".join(words.decode(row["input_ids"]) for row in exported_rows(folder)).encode()
