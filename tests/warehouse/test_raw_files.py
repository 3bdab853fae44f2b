"""Files of raw tables: one or two per commit, in which each bucket has row groups of its own."""

from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from schemas.tables import TABLES
from tests.warehouse.message_rows import message_rows
from warehouse import Warehouse, bucket_files
from warehouse.delta import CONFIGURATION, live_files
from warehouse.store import Store
from warehouse.upkeep import compact

MESSAGES = TABLES["messages"]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Warehouse(tmp_path / "w", create=True).store


def files_of(store: Store) -> list[Path]:
    return sorted(store.path("messages").rglob("*.parquet"))


def live_paths(store: Store) -> list[str]:
    return live_files(DeltaTable(store.path("messages")), store.path("messages"))["path"].to_list()


def buckets_of(path: Path) -> list[set[int]]:
    """Name the buckets in each row group."""
    file = pq.ParquetFile(path)
    groups = (file.read_row_group(number, columns=["bucket"]) for number in range(file.num_row_groups))
    return [set(pl.Series(group["bucket"])) for group in groups]


def test_a_commit_is_one_file_with_row_groups_of_one_bucket_each(store: Store) -> None:
    store.append("messages", message_rows([3, 0, 5, 2]))
    (path,) = files_of(store)
    assert buckets_of(path) == [{0}, {2}]
    assert store.version("messages") == 1


def test_a_large_commit_is_two_files_and_each_bucket_in_one_of_them(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket_files, "SPLIT_BYTES", 1)
    store.append("messages", message_rows(list(range(30))))
    first, second = (buckets_of(path) for path in files_of(store))
    assert sorted([*first, *second], key=min) == [{0}, {1}, {2}]
    assert first
    assert second


def test_what_reads_one_bucket_reads_no_byte_of_another(store: Store) -> None:
    """Else a warehouse that nobody compacted would be read once for each of its buckets."""
    store.append("messages", message_rows([0, 1, 3, 4], text="a text that is long enough to be found" * 9))
    (path,) = files_of(store)
    group = pq.read_metadata(path).row_group(0)
    columns = [group.column(place) for place in range(group.num_columns)]
    start, size = columns[0].data_page_offset, sum(column.total_compressed_size for column in columns)
    content = bytearray(path.read_bytes())
    content[start : start + size] = b"?" * size
    path.write_bytes(content)

    assert store.read("messages", buckets=[1])["trajectory_id"].to_list() == [f"{1:032x}", f"{4:032x}"]
    with pytest.raises((pl.exceptions.ComputeError, OSError)):
        store.read("messages", buckets=[0])


@settings(max_examples=25, deadline=None)
@given(
    batches=st.lists(st.lists(st.integers(0, 99), min_size=1, unique=True), min_size=1, max_size=3),
    split=st.sampled_from([1, bucket_files.SPLIT_BYTES]),
    is_compacted=st.booleans(),
)
def test_what_was_appended_comes_back_whole_and_by_bucket(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[int]], split: int, *, is_compacted: bool
) -> None:
    house = Warehouse(tmp_path_factory.mktemp("w"), create=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bucket_files, "SPLIT_BYTES", split)
        for numbers in batches:
            house.store.append("messages", message_rows(numbers))
    if is_compacted:
        compact(house, "messages")

    expected = pl.DataFrame(message_rows(sorted(n for numbers in batches for n in numbers)))
    assert_frame_equal(house.store.read("messages"), expected)
    for buckets in ([1], [0, 2]):
        wanted = expected.filter(pl.col("bucket").is_in(buckets))
        assert_frame_equal(house.store.read("messages", buckets=buckets), wanted)
        listed = ", ".join(map(str, buckets))
        asked = house.sql(f"SELECT count(*) FROM messages WHERE bucket IN ({listed})").rows()
        assert asked == [(wanted.height,)]


def test_rows_are_found_and_deleted_by_columns_of_which_the_log_tells_no_extremes(store: Store) -> None:
    store.append("messages", message_rows([0, 1, 3]))
    deleted = store.delete("messages", f"bucket IN (0, 1) AND trajectory_id IN ('{3:032x}')")
    assert deleted == 1
    assert store.read("messages")["trajectory_id"].to_list() == [f"{0:032x}", f"{1:032x}"]


def test_a_table_that_delta_partitions_goes_on_as_one(store: Store) -> None:
    """Those of older warehouses are."""
    DeltaTable.create(
        store.path("messages"), MESSAGES.arrow_schema, partition_by=["bucket"], configuration=CONFIGURATION
    )
    for numbers in ([0, 1, 2], [3, 5]):
        store.append("messages", message_rows(numbers))
    store.replace_buckets("messages", message_rows([8]), [2])
    assert {path.parent.name for path in files_of(store)} == {"bucket=0", "bucket=1", "bucket=2"}
    assert store.read("messages", buckets=[0, 2], columns=["trajectory_id"])["trajectory_id"].to_list() == [
        f"{n:032x}" for n in (0, 3, 8)
    ]
    assert set(store.unpacked_bytes("messages")) == {0, 1, 2}
    assert compact(Warehouse(store.folder.parent), "messages") > 0
    assert store.read("messages").height == 4


def test_compaction_leaves_alone_what_nothing_was_added_to(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else each night would write years anew."""
    monkeypatch.setattr(bucket_files, "MIXED_ROWS", 2)
    house = Warehouse(store.folder.parent)
    for first in range(0, 12, 3):
        store.append("messages", message_rows([first, first + 1, first + 2]))
    assert compact(house, "messages") == 1
    before = {path.parent.name: path for path in map(Path, live_paths(store))}
    assert before.keys() == {"bucket=0", "bucket=1", "bucket=2"}

    store.append("messages", message_rows([13, 16]))
    assert compact(house, "messages") == 1
    after = {path.parent.name: path for path in map(Path, live_paths(store))}
    assert {name for name in before if before[name] != after[name]} == {"bucket=1"}
    assert store.read("messages")["trajectory_id"].to_list() == [f"{n:032x}" for n in (*range(12), 13, 16)]
    assert compact(house, "messages") == 0
