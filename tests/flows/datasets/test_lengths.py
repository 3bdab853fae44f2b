"""Lengths of token rows, on literal rows: what is cut, what packs."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.datasets.lengths import lengths_table
from schemas.errors import WinnowError


def write_export(folder: Path, rows: list[list[int]], *, column: str = "labels") -> Path:
    """Write an export whose labels are these."""
    folder.mkdir()
    table = pa.table(
        {
            "input_ids": pa.array([[1] * len(row) for row in rows], pa.list_(pa.int32())),
            column: pa.array(rows, pa.list_(pa.int32())),
        }
    )
    pq.write_table(table, folder / "train-00000.parquet")
    manifest = {"dataset_id": "d", "format": {"name": "tokens"}, "files": [{"name": "train-00000.parquet"}]}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def test_says_what_a_maximum_length_costs_and_how_rows_pack(tmp_path: Path) -> None:
    folder = write_export(tmp_path / "x", [[-100, 5, 5, 5], [-100, 5], [-100, -100, 5, 5, 5, 5]])
    whole, four = lengths_table(folder, [4]).to_pylist()
    assert (whole["rows"], whole["tokens"], whole["trained_tokens"]) == (3, 12, 8)
    assert (whole["p50"], whole["longest"], whole["max_tokens"], whole["bins"]) == (4, 6, None, None)
    assert (four["rows_cut_frac"], four["tokens_cut_frac"]) == (pytest.approx(1 / 3), pytest.approx(2 / 12))
    assert four["trained_cut_frac"] == pytest.approx(2 / 8)
    assert (four["bins"], four["fill_frac"]) == (2, pytest.approx(6 / 8))


def test_an_export_without_rows_has_no_shares(tmp_path: Path) -> None:
    (whole, limited) = lengths_table(write_export(tmp_path / "x", []), [8]).to_pylist()
    assert (whole["rows"], whole["longest"]) == (0, None)
    assert (limited["trained_cut_frac"], limited["bins"]) == (None, 0)


def test_an_export_without_tokens_is_refused_with_the_command_that_makes_one(tmp_path: Path) -> None:
    folder = write_export(tmp_path / "x", [[1]], column="other")
    with pytest.raises(WinnowError, match="--to tokens"):
        lengths_table(folder, [])
    with pytest.raises(WinnowError, match="No manifest"):
        lengths_table(tmp_path / "nowhere", [])
