"""Numbers of JSON columns, as the installed `datasets` reads them."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.training.json_numbers import UnreadableNumberError, readable_numbers

FINITE = st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: x == 0 or abs(x) > 1e-300)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | FINITE | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def read(text: str) -> Any:
    from datasets import Json

    return Json().decode_example(text)


@settings(deadline=None)  # the first example imports `datasets`
@given(st.dictionaries(st.text(max_size=5), JSON, max_size=5), st.booleans())
def test_datasets_reads_every_value_exactly(value: dict[str, Any], is_plain: bool) -> None:  # noqa: FBT001 - drawn
    text = readable_numbers(json.dumps(value, ensure_ascii=is_plain))
    assert repr(read(text)) == repr(value)
    assert json.loads(text) == value


def test_datasets_changes_a_number_that_is_not_respelled() -> None:
    assert read("0.3") != 0.3
    assert read(readable_numbers("0.3")) == 0.3


def test_what_datasets_reads_exactly_stays_letter_by_letter() -> None:
    text = '{ "a": 1.50, "b": [-7, 1E5, 0], "c": "0.3 \\" 0.3", "d": 18446744073709551615 }'
    assert readable_numbers(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "18446744073709551616",
        '{"a": -9223372036854775809}',
        "1e400",
        "9" * 5000,
        "1e-" + "9" * 5000,
        "2.2250738585072014e-308",
    ],
)
def test_a_number_that_no_spelling_saves_is_refused(text: str) -> None:
    with pytest.raises(UnreadableNumberError):
        readable_numbers(text)
