"""Whoever writes to a table of an older declaration lets it learn the new columns first, or is refused by name."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pyarrow as pa
import pytest
from deltalake import DeltaTable
from polars.testing import assert_frame_equal

from schemas.errors import SchemaMismatchError
from schemas.tables import TABLES, Table
from schemas.tables.declaration import INTEGER, REAL, STRING, Column
from schemas.tables.signal_tables import signal_table
from tests.warehouse.older_tables import KINDS, LOOPS, filled, learnable, older, shown, under, without
from tests.warehouse.rollout_batches import make_batch
from warehouse import Warehouse
from warehouse.evolution import learn_columns
from warehouse.integrity import check
from warehouse.store import Store
from warehouse.upkeep import compact

LAYOUTS = pytest.mark.parametrize("table", KINDS.values(), ids=KINDS)


@pytest.fixture
def store(warehouse: Warehouse) -> Store:
    return warehouse.store


def append_more(store: Store, table: Table) -> None:
    assert store.append(table, filled(table, range(4, 6))) == 2


def insert_new(store: Store, table: Table) -> None:
    assert store.upsert(table, filled(table, range(3, 6))) == 2


def update_known(store: Store, table: Table) -> None:
    assert store.upsert(table, filled(table, range(3, 6)), update=True) == 3


def replace_one_bucket(store: Store, table: Table) -> None:
    store.replace_buckets(table, filled(table, range(1, 2)), [1])


def replace_some_rows(store: Store, table: Table) -> None:
    ids = [f"{number:032x}" for number in range(3, 6)]
    store.replace_rows(table, filled(table, range(3, 6)), column=table.key[0], values=ids, buckets=[0, 1])


def delete_a_row(store: Store, table: Table) -> None:
    lacking = learnable(table)[0]
    assert store.delete(table, f'"{lacking}" IS NOT NULL') == 0
    assert store.delete(table, f'"{lacking}" IS NULL AND "{table.key[0]}" = \'{3:032x}\'') == 1


WRITES: dict[Callable[[Store, Table], None], tuple[list[int], list[int]]] = {
    append_more: ([0, 1, 2, 3], [4, 5]),
    insert_new: ([0, 1, 2, 3], [4, 5]),
    update_known: ([0, 1, 2], [3, 4, 5]),
    replace_one_bucket: ([0, 2], [1]),
    replace_some_rows: ([0, 1, 2], [3, 4, 5]),
    delete_a_row: ([0, 1, 2], []),
}
"""Ways to write, and which rows are then of the older and of today's declaration."""


@pytest.mark.parametrize(
    ("kind", "write"),
    [
        (kind, write)
        for kind, table in KINDS.items()
        for write in WRITES
        if "bucket" in table.column_names or "replace" not in write.__name__
    ],
)
def test_every_way_to_write_learns_the_new_columns_first(
    warehouse: Warehouse, kind: str, write: Callable[[Store, Table], None]
) -> None:
    table = KINDS[kind]
    warehouse.store.append(older(table), filled(older(table), range(4)))
    write(warehouse.store, table)

    stored = DeltaTable(warehouse.store.path(table.name)).schema()
    assert {field.name for field in stored.fields} == set(table.column_names)
    old, fresh = WRITES[write]
    olds = [filled(older(table), range(number, number + 1)) for number in old]
    news = [filled(table, range(number, number + 1)) for number in fresh]
    expected = under(table, *olds, *news)
    assert_frame_equal(warehouse.store.read(table), expected)
    assert_frame_equal(
        shown(warehouse, table.name).select(table.column_names), expected, check_row_order=False
    )


@LAYOUTS
def test_old_files_stay_as_they_are_and_learning_is_one_commit(store: Store, table: Table) -> None:
    store.append(older(table), filled(older(table), range(4)))
    before = {path: path.read_bytes() for path in store.path(table.name).rglob("*") if path.is_file()}
    store.append(table, filled(table, range(4, 6)))
    assert store.version(table) == 3
    assert {path: path.read_bytes() for path in before} == before
    store.append(table, filled(table, range(6, 8)))
    assert store.version(table) == 4


def test_a_computed_table_that_delta_partitions_learns_too(store: Store) -> None:
    """Those of older warehouses are."""
    DeltaTable.create(store.path(LOOPS.name), older(LOOPS).arrow_schema, partition_by=["bucket"])
    store.append(older(LOOPS), filled(older(LOOPS), range(4)))
    store.replace_buckets(LOOPS, filled(LOOPS, range(1, 2)), [1])
    assert store.read(LOOPS)["loop_name"].to_list() == [None, "text 1", None]


@LAYOUTS
def test_a_writer_killed_after_learning_leaves_a_table_that_reads_and_writes(
    warehouse: Warehouse, table: Table
) -> None:
    store, old = warehouse.store, filled(older(table), range(4))
    store.append(older(table), old)
    learn_columns(DeltaTable(store.path(table.name)), table)

    assert_frame_equal(store.read(table), under(table, old))
    seen = shown(warehouse, table.name).select(table.column_names)
    assert_frame_equal(seen, under(table, old), check_row_order=False)
    compact(warehouse, table.name)
    version = store.version(table)
    assert version is not None
    store.append(table, filled(table, range(4, 6)))
    assert store.version(table) == version + 1
    assert_frame_equal(store.read(table), under(table, old, filled(table, range(4, 6))))


def test_rollouts_come_into_an_older_warehouse(warehouse: Warehouse) -> None:
    old, records = make_batch(range(4))
    for name, rows in {**old, "records": records}.items():
        kept = older(TABLES[name])
        warehouse.store.append(kept, rows.select(kept.column_names))
    warehouse.insert_rollouts(*make_batch(range(4, 8)))

    assert warehouse.sql("SELECT count(*), count(model) FROM trajectory_overview").rows() == [(8, 4)]
    assert check(warehouse).is_empty()
    assert warehouse.insert_rollouts(*make_batch(range(8)))["trajectories"] == 0


def test_writers_that_learn_at_once_lose_nothing(store: Store) -> None:
    table = TABLES["scores"]
    store.append(older(table), filled(older(table), range(4)))

    def append_three(worker: int) -> None:
        for number in range(worker * 10, worker * 10 + 3):
            store.append(table, filled(table, range(number, number + 1)))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(append_three, range(1, 5)))
    assert store.read(table)["explanation"].is_null().sum() == 4
    assert store.read(table).height == 16
    assert store.version(table) == 1 + 1 + 12


def test_an_older_winnow_refuses_a_table_that_has_learned(store: Store) -> None:
    before = Store(store.folder)
    before.append(older(LOOPS), filled(older(LOOPS), range(2)))
    store.append(LOOPS, filled(LOOPS, range(2, 4)))
    with pytest.raises(SchemaMismatchError, match="column 'loop_name' is not declared"):
        before.append(older(LOOPS), filled(older(LOOPS), range(4, 6)))
    assert before.read(older(LOOPS)).height == 4


def loops(*columns: Column) -> Table:
    return replace(LOOPS, columns=(*LOOPS.columns[:-1], *columns))


COUNT, MORE = LOOPS.columns[-1], Column(name="more", type=REAL, doc="More; null when unknown.", nullable=True)
BAD: dict[str, tuple[Table, str]] = {
    "a new column that allows no null": (
        loops(COUNT, replace(MORE, nullable=False)),
        "column 'more' is new and allows no null",
    ),
    "a new column of the key": (
        replace(loops(COUNT, MORE), key=("trajectory_id", "more")),
        "column 'more' is new and names its rows",
    ),
    "a column that is gone": (without(LOOPS, "loop_name"), "column 'loop_name' is not declared"),
    "another type": (
        loops(replace(COUNT, type=STRING)),
        "column 'loop_count' is int64 not null and declared string not null",
    ),
    "another say on nulls": (
        loops(replace(COUNT, nullable=True)),
        r"column 'loop_count' is int64 not null and declared int64\.",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_whatever_else_differs_is_refused_by_name_and_changes_nothing(store: Store, what: str) -> None:
    table, message = BAD[what]
    store.append(LOOPS, filled(LOOPS, range(2)))
    with pytest.raises(SchemaMismatchError, match=rf"Table 'signals_loops'.*{message}(.|\n)*Hint: "):
        store.append(table, filled(table, range(2, 4)))
    assert store.version(LOOPS) == 1


def test_another_partition_is_refused(store: Store) -> None:
    DeltaTable.create(store.path(LOOPS.name), LOOPS.arrow_schema, partition_by=["loop_name"])
    with pytest.raises(SchemaMismatchError, match=r"partitioned by \['loop_name'\](.|\n)*Hint: "):
        store.append(LOOPS, filled(LOOPS, range(2)))


def test_a_struct_with_a_new_field_is_refused(store: Store) -> None:
    def spans(*fields: str) -> Table:
        kind = pa.list_(pa.struct([pa.field(name, pa.string()) for name in fields]))
        return signal_table("spans", "trajectory", (Column(name="spans", type=kind, doc="Spans."),))

    store.append(spans("part"), filled(spans("part"), range(2)))
    with pytest.raises(SchemaMismatchError, match=r"column 'spans' is list<.*declared list<.*text"):
        store.append(spans("part", "text"), filled(spans("part", "text"), range(2)))


def test_buckets_of_rows_that_came_in_never_start_anew(store: Store) -> None:
    """What was computed can be computed again; what came in is not thrown away for a changed column."""
    table = TABLES["scores"]
    changed = replace(table, columns=(*table.columns, Column(name="more", type=INTEGER, doc="More.")))
    store.append(table, filled(table, range(4)))
    with pytest.raises(SchemaMismatchError, match="column 'more' is new and allows no null"):
        store.replace_buckets(changed, filled(changed, range(1, 2)), [1])
    assert store.read(table).height == 4
