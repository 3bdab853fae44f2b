import json
from collections.abc import Callable
from functools import partial

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.rollouts.parts.repeated_fields import repeated_field
from tests.schemas.rollouts.readings import refusal_of, trajectory_of

OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
CHAT = b'"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]'


def found(text: bytes) -> str | None:
    return repeated_field(text, OBJECT.decode(text))


@pytest.mark.parametrize(
    "text",
    [
        b"{}",
        b" { } ",
        b'{"a":1,"b":[1, 2]}',
        b'{"a": 1, "b": {"c": 1,\n "d": 2}}',
        b'{ "a" : 1 ,\n\t"b" : 2 }',
        '{"é": 1, "b": "ü"}'.encode(),
        b'{"\\u00e9":1,"b":2}',
        b'{"a":{"b":1,"b":2}}',
    ],
)
def test_a_name_that_stands_once_is_not_found(text: bytes) -> None:
    assert found(text) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (b'{"a":1,"a":1}', "a"),
        (b'{"a": 1, "b": 2, "a": 3}', "a"),
        (b'{"ab":1,"ab":1,"b":1,"c":1,"d":1}', "ab"),
        (b'{\n "a" : 1,\n "a" : 2\n}', "a"),
        (b'{"\\u0061":1,"a":2}', "a"),
        ('{"é":1,"é":2}'.encode(), "é"),
        (b'{"":1,"":2}', ""),
    ],
)
def test_a_name_that_stands_twice_is_found_however_it_is_spelled(text: bytes, name: str) -> None:
    assert found(text) == name


@given(
    st.lists(st.tuples(st.text(max_size=3), st.none() | st.text() | st.just([{"a": 1}])), max_size=5),
    st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", " :\t")]),
    st.sampled_from([json.dumps, partial(json.dumps, ensure_ascii=False)]),
)
def test_it_is_found_whatever_the_names_and_the_space(
    fields: list[tuple[str, object]], separators: tuple[str, str], spell: Callable[[object], str]
) -> None:
    comma, colon = separators
    written = comma.join(f"{spell(name)}{colon}{spell(value)}" for name, value in fields)
    names = [name for name, _ in fields]
    repeated = found(f"{{{written}}}".encode())
    assert (repeated is None) == (len(set(names)) == len(names))
    assert repeated is None or names.count(repeated) > 1


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (b'{"messages":[{"role":"user","content":"lost"}],' + CHAT + b"}", "$: 'messages'"),
        (b'{"task_id":"t","reward":0,"reward":1,' + CHAT + b"}", "$: 'reward'"),
        (b'{"note":1,"note":2,' + CHAT + b"}", "$: 'note'"),
        (
            b'{"note":1,"messages":[{"role":"user","content":"lost","content":"b"}]}',
            "$.messages[0]: 'content'",
        ),
    ],
)
def test_a_record_that_says_a_field_twice_is_refused_with_its_place(text: bytes, place: str) -> None:
    rejection = refusal_of(text)
    assert rejection.reason == "repeated_field"
    assert rejection.detail == f"{place} stands there twice."


def test_what_nobody_opens_keeps_both_values() -> None:
    trajectory = trajectory_of(b'{"note":{"a":1,"a":2},' + CHAT + b"}")
    assert trajectory.extra == '{"note":{"a":1,"a":2}}'
