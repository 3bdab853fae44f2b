"""Tables of an older declaration are read as they are: null for what their files lack, and nothing is written."""

import hashlib
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from schemas.errors import QueryError, SchemaMismatchError
from schemas.tables import TABLES, Table
from schemas.tables.declaration import STRING
from tests.warehouse.older_tables import KINDS, filled, learnable, older, shown, under, without
from warehouse import Warehouse
from warehouse.integrity import check
from warehouse.recent import newest_versions, recent
from warehouse.status import status
from warehouse.upkeep import compact

LAYOUTS = pytest.mark.parametrize("table", KINDS.values(), ids=KINDS)


def hashes(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("name", [name for name in TABLES if learnable(TABLES[name])])
def test_every_reader_gives_null_for_what_a_table_lacks_before_and_after_it_learns(
    warehouse: Warehouse, name: str
) -> None:
    table, store = TABLES[name], warehouse.store
    before, after = filled(older(table), range(2)), filled(table, range(2, 4))
    hidden = ["raw"] if name == "records" else []
    store.append(older(table), before)
    old = under(table, before)
    assert_frame_equal(store.read(name), old)
    assert_frame_equal(shown(warehouse, name), old.drop(hidden), check_row_order=False)

    store.append(name, after)
    both = under(table, before, after)
    assert_frame_equal(store.read(name), both)
    assert_frame_equal(shown(warehouse, name), both.drop(hidden), check_row_order=False)
    assert_frame_equal(store.read(name, version=1), old)


def test_reading_an_older_table_writes_nothing(warehouse: Warehouse) -> None:
    for table in KINDS.values():
        warehouse.store.append(older(table), filled(older(table), range(4)))
    before = hashes(warehouse.root)
    for table in KINDS.values():
        warehouse.store.read(table)
        shown(warehouse, table.name)
    warehouse.sql("FROM all_scores")
    with warehouse.console() as console:
        console.sql("FROM all_scores")
    check(warehouse)
    assert status(warehouse)["version"].to_list() == [1, 1, 1]
    assert hashes(warehouse.root) == before


def test_what_came_last_is_read_from_older_files_too(warehouse: Warehouse) -> None:
    table, store = TABLES["scores"], warehouse.store
    store.append(older(table), filled(older(table), range(2)))
    since = newest_versions(warehouse, ["scores"])
    store.append(older(table), filled(older(table), range(2, 4)))
    store.append(table, filled(table, range(4, 6)))
    found = recent(warehouse, since).store.read("scores")
    assert_frame_equal(found, under(table, filled(older(table), range(2, 4)), filled(table, range(4, 6))))


@pytest.mark.parametrize("is_learned", [False, True])
@LAYOUTS
def test_compaction_changes_no_row_of_older_and_newer_files(
    warehouse: Warehouse, table: Table, *, is_learned: bool
) -> None:
    for start in range(0, 6, 2):
        warehouse.store.append(older(table), filled(older(table), range(start, start + 2)))
    if is_learned:
        warehouse.store.append(table, filled(table, range(6, 8)))
    before, seen = warehouse.store.read(table), shown(warehouse, table.name)
    assert compact(warehouse, table.name) > 0
    assert_frame_equal(warehouse.store.read(table), before)
    assert_frame_equal(shown(warehouse, table.name), seen)


@LAYOUTS
def test_filters_on_a_learned_column_find_the_same_rows_on_both_roads(
    warehouse: Warehouse, table: Table
) -> None:
    warehouse.store.append(older(table), filled(older(table), range(4)))
    warehouse.store.append(table, filled(table, range(4, 6)))
    name = next(it.name for it in table.columns if it.nullable and it.type == STRING and not it.allowed)
    counts = {"IS NULL": 4, "IS NOT NULL": 2, "= 'text 4'": 1, "> 'text 4'": 1, "<> 'text 4'": 1}
    for condition, count in counts.items():
        query = f'SELECT count(*) FROM "{table.name}" WHERE "{name}" {condition}'
        assert shown(warehouse, table.name, query).item() == count, condition


@LAYOUTS
def test_what_was_learned_outlives_a_checkpoint(warehouse: Warehouse, table: Table) -> None:
    parts = filled(older(table), range(2)), filled(table, range(2, 4))
    warehouse.store.append(older(table), parts[0])
    warehouse.store.append(table, parts[1])
    DeltaTable(warehouse.store.path(table.name)).create_checkpoint()
    assert_frame_equal(warehouse.store.read(table), under(table, *parts))
    assert shown(warehouse, table.name).height == 4


def test_no_null_is_read_for_a_column_that_allows_none(warehouse: Warehouse) -> None:
    lacking = without(TABLES["scores"], "source")
    warehouse.store.append(lacking, filled(lacking, range(2)))
    with pytest.raises(SchemaMismatchError, match="column 'source' is new and allows no null"):
        warehouse.store.read("scores")
    assert warehouse.store.read("scores", columns=["score_index", "explanation"]).height == 2
    assert shown(warehouse, "scores").columns == list(lacking.column_names)
    with pytest.raises(QueryError, match=r"View 'all_scores' needs a column(.|\n)*\"source\"(.|\n)*Hint"):
        warehouse.sql("FROM scores")


@given(cuts=st.lists(st.sets(st.sampled_from(learnable(TABLES["trajectories"]))), min_size=1, max_size=3))
@settings(max_examples=10, deadline=None)
def test_any_line_of_growing_declarations_reads_as_the_newest(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[set[str]]
) -> None:
    house, table = Warehouse(tmp_path_factory.mktemp("grown") / "w", create=True), TABLES["trajectories"]
    generations = [without(table, *set.union(*cuts[place:])) for place in range(len(cuts))]
    parts = []
    for place, declared in enumerate([*generations, table]):
        parts.append(filled(declared, range(2 * place, 2 * place + 2)))
        house.store.append(declared, parts[-1])
        assert_frame_equal(house.store.read("trajectories"), under(table, *parts))
    assert_frame_equal(shown(house, "trajectories"), under(table, *parts), check_row_order=False)
    assert house.store.read("trajectories", columns=["bucket"])["bucket"].dtype == pl.Int32
