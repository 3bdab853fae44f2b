import pytest

from schemas.errors import RecordFault
from schemas.rollouts.format import Head
from schemas.rollouts.parts.csv_labels import csv_columns, label_value, read_csv, split_labels


@pytest.mark.parametrize(
    ("word", "value"),
    [("Resolved", 1.0), ("FAILED", 0.0), ("no", 0.0), (" 0.25 ", 0.25), ("", None), ("Unsure", None)],
)
def test_words_of_judgement_are_numbers(word: str, value: float | None) -> None:
    assert label_value(word) == value


@pytest.mark.parametrize("word", ["splendid", "inf", "1e999"])
def test_other_words_are_no_label(word: str) -> None:
    with pytest.raises(ValueError, match=word):
        label_value(word)
    assert split_labels({"a": word, "b": "1"}) == ({"b": 1.0}, {"a": word})


def test_a_cell_may_hold_lines_and_commas() -> None:
    assert read_csv(b'\xef\xbb\xbfa,b\r\n"x,\ny",2\r\n\r\n') == [{"a": "x,\ny", "b": "2"}]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"a,a\n1,2\n", "unexpected_shape"),
        (b"a,b\n1\n", "unexpected_shape"),
        (b'a,b\n"1\n', "unexpected_shape"),
        (b"a,b\n\xff,1\n", "invalid_encoding"),
        (b"b\n1\n", "missing_field"),
    ],
)
def test_a_broken_table_is_refused_whole(raw: bytes, reason: str) -> None:
    with pytest.raises(RecordFault, match=reason):
        read_csv(raw, frozenset({"a"}))


@pytest.mark.parametrize(("name", "is_read"), [("x.csv", True), ("X.CSV.zst", True), ("x.txt", False)])
def test_only_a_file_of_that_name_is_a_table(name: str, is_read: bool) -> None:  # noqa: FBT001 - a parameter
    head = Head(file_name=name, start=b'a,"b c"\r\n1,2\r\n', records=())
    assert csv_columns(head) == (frozenset({"a", "b c"}) if is_read else frozenset())
