"""Files of computed tables: one for a few rows of many buckets, one per bucket for many rows."""

from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from schemas.rows import arrow_table
from schemas.tables.declaration import INTEGER, Column
from schemas.tables.signal_tables import signal_table
from warehouse import Warehouse, bucket_files
from warehouse.delta import CONFIGURATION, live_files
from warehouse.store import Store
from warehouse.upkeep import compact

LOOPS = signal_table("loops", "trajectory", (Column(name="retry_loop_count", type=INTEGER, doc="Loops."),))
BUCKETS = 4


def loop_rows(counts: dict[int, int]) -> pa.Table:
    return arrow_table(
        LOOPS,
        [
            {"trajectory_id": f"{n:032x}", "bucket": n % BUCKETS, "retry_loop_count": count}
            for n, count in counts.items()
        ],
    )


def files(store: Store) -> pl.DataFrame:
    return live_files(DeltaTable(store.path(LOOPS.name)), store.path(LOOPS.name))


def held(store: Store) -> dict[int, int]:
    return {int(row["trajectory_id"], 16): row["retry_loop_count"] for row in store.read(LOOPS).to_dicts()}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Warehouse(tmp_path / "w", create=True, bucket_count=BUCKETS).store


def test_a_few_rows_of_many_buckets_are_one_file(store: Store) -> None:
    store.append(LOOPS, loop_rows(dict.fromkeys(range(8), 0)))
    assert files(store)["bucket"].to_list() == [None]
    assert store.read(LOOPS, buckets=[1], columns=["trajectory_id"]).height == 2


def test_many_rows_are_a_file_per_bucket(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket_files, "MIXED_ROWS", 4)
    store.append(LOOPS, loop_rows(dict.fromkeys(range(8), 0)))
    assert files(store)["bucket"].to_list() == [0, 1, 2, 3]


def test_every_reader_finds_the_rows(store: Store) -> None:
    """Also the one of Arrow datasets, which skips files by what the log says of their columns."""
    store.append(LOOPS, loop_rows({1: 5, 2: 6}))
    house = Warehouse(store.folder.parent)
    query = f"SELECT retry_loop_count FROM signals_loops WHERE trajectory_id = '{1:032x}'"
    assert house.sql(query).rows() == [(5,)]
    with house.console() as console:
        assert console.sql(query).rows() == [(5,)]


def test_a_table_that_delta_partitions_stays_one(store: Store) -> None:
    """Those of older warehouses are."""
    DeltaTable.create(
        store.path(LOOPS.name), LOOPS.arrow_schema, partition_by=["bucket"], configuration=CONFIGURATION
    )
    store.replace_buckets(LOOPS, loop_rows(dict.fromkeys(range(8), 0)), range(BUCKETS))
    store.append(LOOPS, loop_rows({9: 1}))
    store.replace_buckets(LOOPS, loop_rows({2: 7}), [2])
    assert held(store) == {0: 0, 1: 0, 2: 7, 3: 0, 4: 0, 5: 0, 7: 0, 9: 1}
    assert files(store)["bucket"].null_count() == 0


def test_compaction_merges_per_bucket_and_changes_no_row(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for first in range(0, 12, 3):
        store.append(LOOPS, loop_rows(dict.fromkeys(range(first, first + 3), first)))
    before, house = store.read(LOOPS), Warehouse(store.folder.parent)
    assert compact(house, LOOPS.name) == 3
    assert files(store)["bucket"].to_list() == [None]
    monkeypatch.setattr(bucket_files, "MIXED_ROWS", 4)
    for number in range(12, 15):
        store.append(LOOPS, loop_rows({number: 1}))
    assert compact(house, LOOPS.name) == 0, "there are as many files as buckets"
    store.append(LOOPS, loop_rows({15: 1}))
    assert compact(house, LOOPS.name) == 1
    assert files(store)["bucket"].to_list() == [0, 1, 2, 3]
    assert compact(house, LOOPS.name) == 0
    assert_frame_equal(store.read(LOOPS).head(12), before)


commits = st.tuples(
    st.sampled_from(["append", "buckets", "rows"]),
    st.dictionaries(st.integers(0, 15), st.integers(0, 3), max_size=8),
    st.sets(st.integers(0, BUCKETS - 1)),
)


@given(history=st.lists(commits, max_size=6), few=st.sampled_from([2, 4096]))
@settings(max_examples=25, deadline=None)
def test_any_history_leaves_the_rows_of_a_plain_table(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[str, dict[int, int], set[int]]], few: int
) -> None:
    store, expected = Store(tmp_path_factory.mktemp("tables")), dict[int, int]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bucket_files, "MIXED_ROWS", few)
        for how, counts, buckets in history:
            if how == "append":
                rows = {n: count for n, count in counts.items() if n not in expected}
                store.append(LOOPS, loop_rows(rows))
            elif how == "buckets":
                rows = {n: count for n, count in counts.items() if n % BUCKETS in buckets}
                store.replace_buckets(LOOPS, loop_rows(rows), buckets)
                expected = {n: count for n, count in expected.items() if n % BUCKETS not in buckets}
            else:
                rows = counts
                ids = [f"{n:032x}" for n in counts]
                store.replace_rows(
                    LOOPS, loop_rows(rows), column="trajectory_id", values=ids, buckets=range(BUCKETS)
                )
            expected |= rows
            assert held(store) == expected
