"""Arrays cut as they stream by: the same elements as msgspec's, wherever the chunks end."""

import json
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.rollouts.raw.elements import ArrayScanner
from schemas.rollouts.raw.pieces import digest_only, join_pieces

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('"\\[]{},:')),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.sampled_from('ab"\\]}{,')), inner),
    max_leaves=20,
)


def chunked(content: bytes, size: int) -> Iterator[bytes]:
    return (content[start : start + size] for start in range(0, len(content), size))


def cut(content: bytes, size: int = 7) -> tuple[list[bytes], ArrayScanner, Iterator[bytes]]:
    assert content.startswith(b"[")
    scanner, chunks = ArrayScanner(), chunked(content[1:], size)
    joined = join_pieces(scanner.cut(chunks), record_bytes=len(content), keep=digest_only)
    return [one.strip() for one in joined if isinstance(one, bytes)], scanner, chunks


@settings(deadline=None)
@given(
    st.lists(JSON_VALUES, min_size=1),
    st.integers(1, 50),
    st.sampled_from([None, 1]),
    st.sampled_from(["escaped", "plain"]),
    st.sampled_from([b"", b"\n", b" \r\n"]),
)
def test_elements_are_those_that_msgspec_cuts(
    values: list[object], size: int, indent: int | None, escaped: str, behind: bytes
) -> None:
    content = json.dumps(values, indent=indent, ensure_ascii=escaped == "escaped").encode()
    elements, scanner, chunks = cut(content + behind, size)
    assert elements == [bytes(one) for one in msgspec.json.decode(content, type=list[msgspec.Raw])]
    assert scanner.is_whole
    assert scanner.rest + b"".join(chunks) == behind


@settings(deadline=None)
@given(st.text('[]{},:"\\ a1\n'), st.integers(1, 20))
def test_no_nonsense_crashes_and_no_byte_is_lost(text: str, size: int) -> None:
    content = text.encode()
    scanner, chunks = ArrayScanner(), chunked(content, size)
    pieces = list(scanner.cut(chunks))
    joined = b"".join(piece.data + b"," * piece.ends for piece in pieces)[:-1]
    closing = b"]" if scanner.is_whole else b""
    seen = joined + closing + scanner.rest + b"".join(chunks)
    assert seen.replace(b"}", b"]") == content.replace(b"}", b"]")


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_an_array_that_is_never_closed_ends_in_what_there_is(size: int) -> None:
    elements, scanner, _ = cut(b'[{"a": "]\\"\\\\"}, {"b": [1, 2', size)
    assert elements == [b'{"a": "]\\"\\\\"}', b'{"b": [1, 2']
    assert (scanner.is_whole, scanner.is_at_end) == (False, True)


def test_what_stands_behind_the_array_is_left_to_the_caller() -> None:
    elements, scanner, chunks = cut(b"[1][2]   {}", size=4)
    assert elements == [b"1"]
    assert scanner.rest + b"".join(chunks) == b"[2]   {}"
