import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.rollouts.parts.csv_rows import table_rows, unread_table

CELLS = st.lists(
    st.lists(st.text('a,"\n\r;\u00e9', max_size=4), min_size=2, max_size=2), min_size=1, max_size=6
)


def faults(raw: bytes) -> dict[int, str]:
    return {row.line: row.fault.reason.value for row in table_rows(raw) if row.fault is not None}


@given(CELLS)
def test_rows_that_were_written_are_read_whatever_is_in_their_cells(cells: list[list[str]]) -> None:
    written = io.StringIO()
    csv.writer(written).writerows(cells)
    raw = written.getvalue().encode()
    rows = list(table_rows(raw))
    assert [row.cells for row in rows] == cells
    assert b"".join(row.raw for row in rows) == raw


@given(st.binary(max_size=60) | st.text('a,"\n\r', max_size=60).map(str.encode))
def test_the_rows_are_all_of_the_bytes(raw: bytes) -> None:
    assert b"".join(row.raw for row in table_rows(raw)) == raw.removeprefix(b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"a,b\n1,2\n\n3,4", {}),
        (b"a,b\n1\n1,2\n1,2,3\n", {2: "table_row_broken", 4: "table_row_broken"}),
        (b'a,b\n1,"x\ny"\n1\n', {4: "table_row_broken"}),
        (b'a,b\n"x"y,1\n1,2\n', {2: "table_row_broken"}),
        (b'a,b\n1,2\n1,"open\n3,4\n', {3: "table_row_broken"}),
        (b"a,b\n\xff,1\n1,2\n", {2: "invalid_encoding"}),
    ],
)
def test_a_broken_row_leaves_its_neighbours_alone(raw: bytes, expected: dict[int, str]) -> None:
    assert faults(raw) == expected


@pytest.mark.parametrize(
    ("name", "raw", "detail"),
    [
        ("labels.csv", b"task_id;reward\n1;1\n", "semicolons"),
        ("labels.tsv.gz", b"task_id\treward\n1\t1\n", "tabs"),
        ("LABELS.CSV", b"a;b,c\n1,2\n", "header of 2 cells"),
    ],
)
def test_a_table_that_nobody_claimed_is_told_what_is_in_the_way(name: str, raw: bytes, detail: str) -> None:
    fault = unread_table(name, raw)
    assert fault is not None
    assert fault.reason.value == "table_not_recognised"
    assert detail in fault.detail


def test_other_files_are_no_tables() -> None:
    assert unread_table("notes.txt", b"a;b") is None
