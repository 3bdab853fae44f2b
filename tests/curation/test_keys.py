import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.keys import canonical_json, digests, map_distinct, netstring


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a": 1, "b": 2}', ' {"b":2,\n"a":1}'),
        ('{"a": "\\u00e9"}', '{"a": "é"}'),
        ('{"a": {"y": [1, 2], "x": null}}', '{"a":{"x":null,"y":[1,2]}}'),
        ("  not json ", "not json"),
    ],
)
def test_spells_equal_arguments_alike(one: str, other: str) -> None:
    assert canonical_json(one) == canonical_json(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("[1, 2]", "[2, 1]"),
        ('{"a": 1}', '{"a": "1"}'),
        ('{"a": 12345678901234567890123}', '{"a": 12345678901234567890124}'),
        ('{"a": 1, "a": 2}', '{"a": 2}'),
        ('{"a": NaN}', '{"a": null}'),
        ('{"a": 1e999}', '{"a": 2e999}'),
        ('"\\ud800"', '"\\ud801"'),
    ],
)
def test_keeps_different_arguments_apart(one: str, other: str) -> None:
    assert canonical_json(one) != canonical_json(other)


@pytest.mark.parametrize("text", ["", "[" * 100_000, '{"a": ' + "9" * 10_000 + "}", '"\\ud800"', "{'a': 1}"])
def test_never_fails_on_what_a_model_may_write(text: str) -> None:
    assert canonical_json(text).isascii()


@settings(deadline=None)
@given(st.text())
def test_is_stable_under_itself(text: str) -> None:
    assert canonical_json(canonical_json(text)) == canonical_json(text)


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(max_size=5)), max_size=5).map(tuple), st.data())
def test_joined_netstrings_never_run_into_each_other(
    texts: tuple[str | None, ...], data: st.DataObject
) -> None:
    others = data.draw(st.lists(st.one_of(st.none(), st.text(max_size=5)), max_size=5).map(tuple))
    assert (_joined(texts) == _joined(others)) == (texts == others)


def _joined(texts: tuple[str | None, ...]) -> str:
    framed = pl.DataFrame({"text": texts}, schema={"text": pl.String}).select(netstring(pl.col("text")))
    return "".join(framed["text"])


def test_digests_are_the_same_for_ever() -> None:
    keys = digests("action", pl.Series(["look", None, "look"]))
    assert keys.to_list() == ["048452252b6c758801c74a59bfd4d2c0", None, "048452252b6c758801c74a59bfd4d2c0"]


def test_maps_each_distinct_value_once() -> None:
    seen: list[str] = []

    def remember(text: str) -> str:
        seen.append(text)
        return text.upper()

    assert map_distinct(pl.Series(["a", "b", "a", None]), remember).to_list() == ["A", "B", "A", None]
    assert sorted(seen) == ["a", "b"]
    assert map_distinct(pl.Series([], dtype=pl.String), remember).to_list() == []
    assert map_distinct(pl.Series([None], dtype=pl.String), remember).to_list() == [None]
