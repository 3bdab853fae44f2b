from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from schemas.rows import arrow_table
from schemas.tables import TABLES
from warehouse.partition_files import DICTIONARY_ROWS
from warehouse.store import Store

LONG = {"text", "content_json", "reasoning", "extra", "arguments"}
CALL = {"call_id": "c", "name": "ls", "arguments": "{}", "result_seq": 1, "extra": None}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "tables")


def message_rows(numbers: list[int]) -> pa.Table:
    blank: dict[str, Any] = dict.fromkeys(TABLES["messages"].column_names)
    said = {"role": "assistant", "origin": "sampled", "text": "ö" * 9, "tool_calls": [CALL], "text_calls": []}
    return arrow_table(
        "messages",
        [blank | said | {"trajectory_id": f"{n:032x}", "bucket": n % 3, "seq": 0} for n in numbers],
    )


def files_of(store: Store) -> list[Path]:
    return sorted(store.path("messages").rglob("*.parquet"))


def test_a_commit_writes_one_file_per_bucket_into_its_partition(store: Store) -> None:
    store.append("messages", message_rows([3, 0, 5, 2]))

    assert [path.parent.name for path in files_of(store)] == ["bucket=0", "bucket=2"]
    assert [pq.read_metadata(path).num_rows for path in files_of(store)] == [2, 2]
    assert store.version("messages") == 1


@settings(max_examples=20, deadline=None)
@given(batches=st.lists(st.lists(st.integers(0, 99), min_size=1, unique=True), min_size=1, max_size=3))
def test_what_was_appended_comes_back_whole_and_by_bucket(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[int]]
) -> None:
    store = Store(tmp_path_factory.mktemp("tables"))
    for numbers in batches:
        store.append("messages", message_rows(numbers))

    expected = pl.DataFrame(message_rows(sorted(n for numbers in batches for n in numbers)))
    assert_frame_equal(store.read("messages"), expected)
    assert_frame_equal(store.read("messages", buckets=[1]), expected.filter(pl.col("bucket") == 1))


def columns_of(path: Path) -> list[Any]:
    row_group = pq.read_metadata(path).row_group(0)
    return [row_group.column(place) for place in range(row_group.num_columns)]


def test_long_texts_have_neither_dictionary_nor_extremes_and_all_else_has_both(store: Store) -> None:
    store.append("messages", message_rows([3 * n for n in range(DICTIONARY_ROWS)]))

    columns = columns_of(files_of(store)[0])
    plain = {one.path_in_schema for one in columns if not one.is_stats_set and not one.has_dictionary_page}
    assert plain == {one.path_in_schema for one in columns if one.path_in_schema.rpartition(".")[2] in LONG}
    assert {one.compression for one in columns} == {"ZSTD"}


def test_a_small_file_has_no_dictionaries_and_all_its_extremes(store: Store) -> None:
    store.append("messages", message_rows([0, 3, 6]))

    columns = columns_of(files_of(store)[0])
    assert not any(one.has_dictionary_page for one in columns)
    (ids,) = [one for one in columns if one.path_in_schema == "trajectory_id"]
    assert (ids.statistics.min, ids.statistics.max) == (f"{0:032x}", f"{6:032x}")


def test_texts_of_tasks_do_not_fill_the_footer(store: Store) -> None:
    task = {"benchmark": "b", "task_key": "k", "split": None, "instruction": "i" * 999, "policy": "p" * 999}
    store.append("tasks", arrow_table("tasks", [{"task_id": f"{7:032x}", "bucket": 0} | task]))

    (path,) = store.path("tasks").rglob("*.parquet")
    assert path.read_bytes().count(b"p" * 999) == 0  # compressed in its page, and nowhere else
    without = {one.path_in_schema for one in columns_of(path) if not one.is_stats_set}
    assert without == {"instruction", "policy"}


def test_rows_are_found_and_deleted_by_columns_of_which_the_log_tells_no_extremes(store: Store) -> None:
    store.append("messages", message_rows([0, 1, 3]))

    deleted = store.delete("messages", f"bucket IN (0, 1) AND trajectory_id IN ('{3:032x}')")

    assert deleted == 1
    assert store.read("messages")["trajectory_id"].to_list() == [f"{0:032x}", f"{1:032x}"]


def test_the_log_tells_how_many_rows_each_file_has(store: Store) -> None:
    store.append("messages", message_rows([0, 1, 3]))

    log = store.path("messages") / "_delta_log" / f"{1:020d}.json"
    added = [
        entry["add"] for line in log.read_text().splitlines() if "add" in (entry := msgspec.json.decode(line))
    ]
    assert {one["partitionValues"]["bucket"]: msgspec.json.decode(one["stats"]) for one in added} == {
        "0": {"numRecords": 2},
        "1": {"numRecords": 1},
    }
