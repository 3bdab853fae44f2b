import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.plain import TOKENS, hover, indent_json, literal
from tests.dashboards.literals import HOSTILE

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES, st.sampled_from([None, 3]), st.booleans())
def test_indenting_keeps_every_token(value: object, indent: int | None, is_ascii: bool) -> None:  # noqa: FBT001 - hypothesis passes by position
    text = json.dumps(value, indent=indent, ensure_ascii=is_ascii)
    assert TOKENS.findall(indent_json(text)) == TOKENS.findall(text)
    assert json.loads(indent_json(text)) == value


def test_indenting_keeps_spellings_and_doubled_keys() -> None:
    assert indent_json('{"a":1e5,"a":[1.00,{}],"b":{"c":"x: {y},"}}') == (
        '{\n  "a": 1e5,\n  "a": [\n    1.00,\n    {}\n  ],\n  "b": {\n    "c": "x: {y},"\n  }\n}'
    )


@pytest.mark.parametrize("text", ["", "{broken", "not json", "{'a': 1}", "[" * 100_000])
def test_what_is_no_json_stays_as_it_is(text: str) -> None:
    assert indent_json(text) == text


@given(st.text())
def test_literal_leaves_no_punctuation_for_markdown(text: str) -> None:
    assert not re.search(r"(?<!\\)[!-/:-@\[\]-`{-~]", literal(text).replace("\\\\", ""))


def test_hover_leaves_no_tag_for_plotly() -> None:
    assert "<" not in hover(HOSTILE)
