"""What is shown of data: nothing in it commands the terminal."""

import unicodedata
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows import terminal
from flows.terminal import ResultFormat

CLEARING = "a\x1b[2Jb\x9b31m\u202ec"
SPELLED = r"a\x1b[2Jb\x9b31m\u202ec"


@given(st.text(st.characters(categories=["Cc", "Cf", "L", "P"])))
def test_no_text_keeps_what_a_terminal_obeys(text: str) -> None:
    shown = terminal.spelled_out(text)
    assert {char for char in shown if unicodedata.category(char) == "Cc"} <= {"\n", "\t"}
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"], include_characters="\n\t")))
def test_text_that_commands_nothing_is_shown_as_it_is(text: str) -> None:
    assert terminal.spelled_out(text) == text


def test_tables_counts_and_their_titles_are_spelled_out() -> None:
    rows = pa.table({CLEARING: [CLEARING]})
    with terminal.screen.capture() as shown:
        terminal.show_rows(rows)
        terminal.show_counts("figures", {CLEARING: CLEARING})
    assert shown.get().count(SPELLED) == 4
    assert "\x1b[2J" not in shown.get()
    assert "\x9b" not in shown.get()


@pytest.mark.parametrize(
    ("result_format", "wanted"), [(ResultFormat.TABLE, SPELLED), (ResultFormat.CSV, CLEARING)]
)
def test_a_table_in_a_file_is_spelled_out_and_data_is_not(
    result_format: ResultFormat, wanted: str, tmp_path: Path
) -> None:
    terminal.write_rows(pa.table({"text": [CLEARING]}), result_format, tmp_path / "out")
    written = (tmp_path / "out").read_text(encoding="utf-8")
    assert [form for form in (SPELLED, CLEARING) if form in written] == [wanted]


def test_an_id_is_not_cut_for_a_pipe_however_long_its_neighbours_are() -> None:
    digest = "0123456789abcdef" * 4
    with terminal.screen.capture() as shown:
        terminal.show_rows(pa.table({name: ["word " * 40] for name in "abcde"} | {"record_id": [digest]}))
    assert digest in shown.get()


def test_as_many_rows_are_shown_as_were_asked_for() -> None:
    rows = pa.table({"number": list(range(terminal.SHOWN_ROWS + 1))})
    with terminal.screen.capture() as shown:
        terminal.write_rows(rows, ResultFormat.TABLE, None, limit=rows.num_rows)
        terminal.write_rows(rows, ResultFormat.TABLE, None)
    assert shown.get().count("not shown") == 1
