import json
import os
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from schemas.rows import arrow_table
from schemas.tables import TABLES
from tests.warehouse.rollout_batches import make_batch
from warehouse import Warehouse
from warehouse.delta import live_files, open_delta
from warehouse.status import status
from warehouse.upkeep import compact, sweep, vacuum


@pytest.fixture
def appended(warehouse: Warehouse) -> Warehouse:
    """Three batches: three files per bucket."""
    for first in range(0, 30, 10):
        warehouse.insert_rollouts(*make_batch(range(first, first + 10)))
    return warehouse


def file_count(warehouse: Warehouse, table: str) -> int:
    row = status(warehouse).row(by_predicate=pl.col("table") == table, named=True)
    return int(row["file_count"])


def parquet_files(warehouse: Warehouse) -> set[Path]:
    return set(warehouse.store.folder.rglob("*.parquet"))


def test_compaction_merges_files_and_changes_no_row(appended: Warehouse) -> None:
    before = appended.store.read("messages")
    assert file_count(appended, "messages") > 1
    assert compact(appended, "messages") > 0
    assert file_count(appended, "messages") == 1
    assert_frame_equal(appended.store.read("messages"), before)
    assert compact(appended, "messages") == 0


def test_vacuum_deletes_what_only_past_versions_hold(appended: Warehouse) -> None:
    compact(appended, "messages")
    assert vacuum(appended, "messages") == []
    assert len(vacuum(appended, "messages", retention_hours=0)) > 0
    assert appended.store.read("messages").height == 120


def test_vacuum_keeps_the_versions_that_datasets_were_built_from(appended: Warehouse) -> None:
    past = appended.store.version("messages")
    dataset = dict.fromkeys(TABLES["datasets"].column_names, "x") | {
        "table_versions": json.dumps({"messages": past, "tasks": 1}),
        **dict.fromkeys(("read_count", "repaired_count", "added_count", "kept_count", "dropped_count"), 0),
    }
    appended.store.append("datasets", arrow_table("datasets", [dataset]))
    compact(appended, "messages")
    appended.store.delete("messages", "seq > 0")
    vacuum(appended, "messages", retention_hours=0)
    assert appended.store.read("messages", version=past).height == 120


def test_sweep_removes_what_killed_writers_leave_and_nothing_else(appended: Warehouse) -> None:
    compact(appended, "messages")
    kept = parquet_files(appended)
    folder = appended.store.folder / "messages"
    left = [
        folder / "part-0-left.zstd.parquet",
        folder / "part-1-left.zstd.parquet#1",
        appended.store.folder / "messages" / "_delta_log" / "00000000000000000099.json#3",
        appended.root / "intents" / "a.json.7.unfinished",
        appended.root / "spill" / "duckdb_temp_storage-0.tmp",
    ]
    (appended.root / "spill").mkdir(exist_ok=True)
    for path in left:
        path.write_bytes(b"half")
    assert sweep(appended).is_empty(), "young files may belong to a running writer"
    for path in left:
        os.utime(path, (0, 0))
    swept = sweep(appended)
    assert set(swept["path"]) == {str(path) for path in left}
    assert swept["bytes_count"].to_list() == [4] * 5
    assert parquet_files(appended) == kept
    assert appended.store.read("messages", version=2).height > 0, "past versions stay readable"


def test_sweep_with_no_age_keeps_every_version_readable(appended: Warehouse) -> None:
    compact(appended, "messages")
    appended.store.delete("messages", "seq > 0")
    sweep(appended, older_than_s=0)
    newest = appended.store.version("messages")
    assert newest is not None
    for version in range(1, newest + 1):
        assert appended.store.read("messages", version=version).height > 0


def test_status_counts_rows_files_bytes_and_versions(appended: Warehouse) -> None:
    figures = status(appended)
    row = figures.row(by_predicate=pl.col("table") == "messages", named=True)
    folder = appended.store.path("messages")
    delta = open_delta(folder)
    assert delta is not None
    files = [Path(path) for path in live_files(delta, folder)["path"]]
    assert row["row_count"] == 120
    assert row["version"] == 3
    assert row["file_count"] == len(files)
    assert row["bytes_count"] == sum(path.stat().st_size for path in files)
    assert row["disk_bytes_count"] > row["bytes_count"]
    assert row["last_operation"] == "WRITE"
    assert figures["last_commit_at"].null_count() == 0
    assert set(figures["table"]) == {
        "messages", "records", "scores", "task_secrets", "tasks", "toolsets", "trajectories",
    }  # fmt: skip


def test_status_of_an_empty_warehouse_has_no_rows(warehouse: Warehouse) -> None:
    assert status(warehouse).is_empty()
