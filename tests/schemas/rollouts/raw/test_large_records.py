"""Files and records that are larger than what may be held: cut as they stream by, refused without being held."""

import hashlib
import io
import json
import tracemalloc
from collections.abc import Iterable, Iterator

import pytest

from schemas.rollouts import RawRecord, RefusedRecord, Rejection, Source, decode_record, read_records
from schemas.rollouts.raw.pieces import Kept, digest_only

LIMIT = 1000
GOOD = b'{"messages":[{"role":"user","content":"hi"}]}'
LONG = b'{"messages":[{"role":"user","content":"' + b"x" * 3 * LIMIT + b'"}]}'
SOURCE = Source(uri="some/rollouts.jsonl", name="rollouts")


class Shelf:
    """Keeps what is too large."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []

    def keep(self, chunks: Iterable[bytes]) -> Kept:
        whole = b"".join(chunks)
        self.kept.append(whole)
        return digest_only([whole])


class Endless(io.RawIOBase):
    """A stream made of chunks as they are asked for."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self._left = self._left or next(self._chunks, b"")
        chunk, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(chunk)] = chunk
        return len(chunk)


def frame(content: bytes, shelf: Shelf | None = None) -> list[RawRecord]:
    keep = digest_only if shelf is None else shelf.keep
    return list(read_records(io.BytesIO(content), record_bytes=LIMIT, keep=keep))


def outcomes(content: bytes) -> list[tuple[str, str]]:
    decoded = [(record.locator, decode_record(record, SOURCE)) for record in frame(content)]
    return [(place, part.reason.value if isinstance(part, Rejection) else "kept") for place, part in decoded]


MANY = [GOOD] * (2 * LIMIT // len(GOOD))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(
            b"\n".join([GOOD, LONG, GOOD]),
            [("line 1", "kept"), ("line 2", "record_too_large"), ("line 3", "kept")],
            id="long-line",
        ),
        pytest.param(
            b"\n".join([LONG, GOOD]),
            [("line 1", "record_too_large"), ("line 2", "kept")],
            id="long-first-line",
        ),
        pytest.param(LONG, [("line 1", "record_too_large")], id="long-only-line"),
        pytest.param(
            json.dumps({"a": ["x"] * LIMIT}, indent=1).encode(), [("file", "record_too_large")], id="document"
        ),
        pytest.param(
            b"[" + b",\n".join(MANY) + b"]\n", [(f"$[{i}]", "kept") for i in range(len(MANY))], id="array"
        ),
        pytest.param(
            b"[" + b",".join([GOOD, LONG, GOOD]) + b"]",
            [("$[0]", "kept"), ("$[1]", "record_too_large"), ("$[2]", "kept")],
            id="long-element",
        ),
        pytest.param(
            b"[" + b",".join(MANY),
            [*((f"$[{i}]", "kept") for i in range(len(MANY) - 1)), (f"$[{len(MANY) - 1}]", "truncated_json")],
            id="array-without-end",
        ),
        pytest.param(
            b"[" + b",".join(MANY) + b"] [1]",
            [
                *((f"$[{i}]", "kept") for i in range(len(MANY))),
                (f"behind $[{len(MANY) - 1}]", "unknown_format"),
            ],
            id="two-arrays",
        ),
        pytest.param(
            b"[" + b",".join([*MANY, b"{]}", GOOD]) + b"]",
            [
                *((f"$[{i}]", "kept") for i in range(len(MANY))),
                (f"$[{len(MANY)}]", "invalid_json"),
                (f"$[{len(MANY) + 1}]", "kept"),
            ],
            id="array-with-a-broken-element",
        ),
        pytest.param(b"[ ]" + LONG, [("behind $[0]", "record_too_large")], id="array-of-nothing"),
        pytest.param(
            b'{"broken\n' + b"\n".join(MANY),
            [("line 1", "truncated_json"), *((f"line {i + 2}", "kept") for i in range(len(MANY)))],
            id="broken-first-line",
        ),
        pytest.param(b"\x89PNG\r\n" + b"\n\0" * LIMIT, [("file", "record_too_large")], id="picture"),
    ],
)
def test_only_what_is_too_large_is_refused(content: bytes, expected: list[tuple[str, str]]) -> None:
    assert outcomes(content) == expected


@pytest.mark.parametrize(
    "content", [LONG + b"\r\n" + GOOD, GOOD + b"\n" + LONG + b"\n", b"[" + GOOD + b"," + LONG + b"]"]
)
def test_bytes_of_a_refused_record_are_passed_on_exactly(content: bytes) -> None:
    shelf = Shelf()
    (refused,) = [record for record in frame(content, shelf) if isinstance(record, RefusedRecord)]
    (kept,) = shelf.kept
    assert kept.strip() == LONG
    assert refused.record_id == hashlib.sha256(kept).hexdigest()
    assert (refused.raw, refused.bytes_count, refused.is_held) == (b"", len(kept), False)
    assert f"{len(kept)} bytes in one record; at most {LIMIT} are read" in refused.rejection.detail


def test_a_record_of_just_the_limit_is_read() -> None:
    just = GOOD[:-3] + b"x" * (LIMIT - len(GOOD)) + GOOD[-3:]
    assert [record.raw for record in frame(just + b"\r\n" + just)] == [just, just]
    assert [record.raw for record in frame(b"[" + just + b"," + just + b"]")] == [just, just]


def test_a_file_that_a_format_claims_is_refused_whole() -> None:
    shelf = Shelf()
    content = b"\n".join(MANY)
    (record,) = read_records(io.BytesIO(content), claims=lambda _: "log", record_bytes=LIMIT, keep=shelf.keep)
    assert isinstance(record, RefusedRecord)
    assert (record.rejection.format_name, shelf.kept) == ("log", [content])


@pytest.mark.parametrize("shape", ["line", "element"])
def test_memory_is_bounded_by_the_limit_not_by_the_record(shape: str) -> None:
    limit, size = 1 << 20, 64 << 20
    start, end = (b"", b"\n") if shape == "line" else (b"[", b"]")
    content = iter([start + b'{"a":"', *[b"x" * (1 << 20)] * (size >> 20), b'"}' + end])
    stream = io.BufferedReader(Endless(content), 1 << 20)
    tracemalloc.start()
    try:
        (record,) = read_records(stream, record_bytes=limit)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(record, RefusedRecord)
    assert record.bytes_count == size + len(b'{"a":""}')
    assert peak < 12 * limit


def test_an_array_larger_than_memory_is_cut_as_it_streams_by() -> None:
    limit, count = 1 << 20, 3000
    element = b'{"messages":"' + b"x" * 20_000 + b'"}'
    chunks = iter([b"[", *[element + b","] * count, element, b"]"])
    tracemalloc.start()
    try:
        records = read_records(io.BufferedReader(Endless(chunks), 1 << 20), record_bytes=limit)
        seen = sum(record.raw == element for record in records)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert seen == count + 1
    assert peak < 12 * limit
