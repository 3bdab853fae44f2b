"""The naming law of tables and columns, and what every declaration must say."""

import re
from collections import defaultdict

import pytest

from schemas.tables import TABLES, Column, Table
from schemas.tables.declaration import FLAG, INTEGER, REAL, STRING
from schemas.tables.signal_tables import SCOPE_KEYS, signal_table

SNAKE_CASE = re.compile(r"[a-z]+(_[a-z0-9]+)*")
COLUMNS = [
    pytest.param(table, column, id=f"{table.name}.{column.name}")
    for table in TABLES.values()
    for column in table.columns
]
SUFFIX_TYPES = {
    "_count": INTEGER,
    "_tokens": INTEGER,
    "_index": INTEGER,
    "_frac": REAL,
    "_usd": REAL,
    "_ratio": REAL,
    "_id": STRING,
    "_key": STRING,
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_registered_under_its_own_plural_name(name: str) -> None:
    table = TABLES[name]
    assert table.name == name
    assert SNAKE_CASE.fullmatch(name)
    assert name.endswith("s") or name == "lineage"
    assert not table.row.endswith(".")


@pytest.mark.parametrize("name", TABLES)
def test_a_key_is_declared_and_never_null(name: str) -> None:
    table = TABLES[name]
    columns = {column.name: column for column in table.columns}
    assert len(columns) == len(table.columns)
    assert table.key
    assert all(not columns[part].nullable for part in table.key)


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_column_obeys_the_naming_law(table: Table, column: Column) -> None:
    assert SNAKE_CASE.fullmatch(column.name)
    suffix = next((suffix for suffix in SUFFIX_TYPES if column.name.endswith(suffix)), None)
    if suffix is not None:
        assert column.type == SUFFIX_TYPES[suffix]
    if suffix in ("_count", "_tokens", "_index"):
        assert column.minimum is not None
        assert column.minimum >= 0
    if suffix == "_frac":
        assert (column.minimum, column.maximum) == (0, 1)
    assert (column.type == FLAG) == column.name.startswith(("is_", "has_"))


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_column_says_what_it_means(table: Table, column: Column) -> None:
    assert column.doc.endswith(".")
    assert not column.nullable or "null" in column.doc
    assert not column.allowed or column.type == STRING
    assert len(set(column.allowed)) == len(column.allowed)


def test_one_name_has_one_type_everywhere() -> None:
    types: dict[str, set[object]] = defaultdict(set)
    for table in TABLES.values():
        for column in table.columns:
            types[column.name].add(column.type)
    assert {name: found for name, found in types.items() if len(found) > 1} == {}


def test_raw_rows_are_sorted_by_their_bucket_first() -> None:
    assert TABLES["messages"].order == ("bucket", "trajectory_id", "seq")
    assert TABLES["toolsets"].order == TABLES["toolsets"].key
    assert TABLES["bucket_states"].order == TABLES["bucket_states"].key


def test_only_what_no_training_text_may_hold_is_quarantined() -> None:
    quarantined = [name for name, table in TABLES.items() if table.is_quarantined]
    assert quarantined == ["task_secrets", "protected_texts"]


def test_the_arrow_schema_has_the_declared_columns() -> None:
    for table in TABLES.values():
        assert tuple(table.arrow_schema.names) == table.column_names
        assert [field.nullable for field in table.arrow_schema] == [
            column.nullable for column in table.columns
        ]


@pytest.mark.parametrize(
    ("scope", "name"),
    [("trajectory", "signals_loops"), ("step", "step_signals_loops"), ("group", "group_signals_loops")],
)
def test_a_signals_table_has_the_key_of_its_scope(scope: str, name: str) -> None:
    value = Column(name="loop_count", type=INTEGER, doc="Loops.", minimum=0)
    table = signal_table("loops", scope, (value,))
    assert table.name == name
    assert table.column_names == (*(column.name for column in SCOPE_KEYS[scope]), "bucket", "loop_count")
    assert table.key == tuple(column.name for column in SCOPE_KEYS[scope])
