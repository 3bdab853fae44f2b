"""One Parquet file of a commit of ours: what its columns are spelled in, and what its footer says."""

from pathlib import Path
from typing import Any

import msgspec
import pyarrow.parquet as pq
import pytest

from schemas.rows import arrow_table
from tests.warehouse.message_rows import message_rows
from warehouse.bucket_files import DICTIONARY_ROWS
from warehouse.store import Store

LONG = {"text", "content_json", "reasoning", "extra", "arguments"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "tables")


def files_of(store: Store) -> list[Path]:
    return sorted(store.path("messages").rglob("*.parquet"))


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


def test_the_log_tells_how_many_rows_each_file_has(store: Store) -> None:
    store.append("messages", message_rows([0, 1, 3]))

    log = store.path("messages") / "_delta_log" / f"{1:020d}.json"
    added = [
        entry["add"] for line in log.read_text().splitlines() if "add" in (entry := msgspec.json.decode(line))
    ]
    assert [msgspec.json.decode(one["stats"]) for one in added] == [{"numRecords": 3}]
