import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import RecordFault
from schemas.rollouts.mapping.json_paths import JsonPath, Node, child_path
from schemas.rollouts.parts.fields import TEXT

NAMES = st.text(max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=10,
)


def node(value: Any) -> Node:
    return Node(json.dumps(value).encode(), "$")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("$", ()),
        ("$.a.b_c-d[0]", ("a", "b_c-d", 0)),
        ("$['a b']['it\\'s'][\"q\\\"\"]", ("a b", "it's", 'q"')),
        ("$.runs[*].größe", ("runs", None, "größe")),
    ],
)
def test_reads_the_subset(text: str, parts: tuple[object, ...]) -> None:
    assert JsonPath(text).parts == parts
    assert JsonPath(text) == JsonPath(text) != JsonPath("$.other")
    assert len({JsonPath(text), JsonPath(text)}) == 1
    assert repr(JsonPath(text)) == f"JsonPath({text!r})"


@pytest.mark.parametrize(
    "text", ["", "a.b", "$a", "$..a", "$.a[?(@.b)]", "$.a[-1]", "$.a[0:2]", "$.a.", "$['a]", "$.*"]
)
def test_refuses_what_is_more_or_no_path(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a path, from .* Allowed: `\$`"):
        JsonPath(text)


@given(NAMES)
def test_every_name_has_a_path(name: str) -> None:
    assert JsonPath(child_path("$.a", name)).parts == ("a", name)


@given(VALUES)
def test_what_nobody_takes_is_left_in_its_own_spelling(value: Any) -> None:
    read = node(value)
    read.all_at(JsonPath("$[*][*]"))
    assert read.rest() == json.dumps(value)
    read.take()
    assert read.rest() is None


def test_what_is_taken_is_gone_and_elements_keep_their_places() -> None:
    read = Node(b'{"a":{"b":1.50,"c":"x"},"d":[1,2,{"e":3}],"f":{},"g":[4]}', "$")
    for path in ("$.a.c", "$.d[0]", "$.d[2].e", "$.g[*]"):
        for found in read.all_at(JsonPath(path)):
            found.take()
    assert read.rest() == '{"a":{"b":1.50},"d":[null,2,null],"f":{}}'


def test_a_path_that_leads_nowhere_or_to_null_finds_nothing() -> None:
    read = node({"a": None, "b": [None, 7], "c": "text"})
    for path in ("$.a", "$.x", "$.b.x", "$.b[5]", "$.c.x", "$.c[0]", "$[0]"):
        assert read.at(JsonPath(path)) is None
    found = read.at(JsonPath("$.b[*]"))
    assert found is not None
    assert found.raw == b"7"
    assert read.rest() == '{"b":[null,7],"c":"text"}'


def test_a_value_of_another_kind_is_a_fault_that_names_its_place() -> None:
    found = node({"a": {"b c": 1}}).at(JsonPath("$.a['b c']"))
    assert found is not None
    with pytest.raises(RecordFault, match=r"\$\.a\['b c'\]: Expected `str`, got `int`"):
        found.read(TEXT)
