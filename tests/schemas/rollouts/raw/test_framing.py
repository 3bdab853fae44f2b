import io
import json
import tracemalloc
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.reasons import RejectReason
from schemas.rollouts import RawRecord, Rejection, Source, decode_record, read_records
from schemas.rollouts.raw.framing import HEAD_RECORDS

SOURCE = Source(uri="some/rollouts.jsonl", name="rollouts")
GOOD = b'{"messages":[{"role":"user","content":"hi"}]}'
PRETTY = json.dumps(json.loads(GOOD), indent=2).encode()


def frame(content: bytes) -> list[RawRecord]:
    return list(read_records(io.BytesIO(content)))


def outcome(record: RawRecord) -> str:
    decoded = decode_record(record, SOURCE)
    return decoded.reason.value if isinstance(decoded, Rejection) else "kept"


def outcomes(content: bytes) -> list[str]:
    return [outcome(record) for record in frame(content)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(GOOD + b"\n" + GOOD, [("line 1", GOOD), ("line 2", GOOD)], id="lines"),
        pytest.param(
            b"\n" + GOOD + b"\r\n\r\n" + GOOD + b"\r\n", [("line 2", GOOD), ("line 4", GOOD)], id="crlf"
        ),
        pytest.param(b"\xef\xbb\xbf" + GOOD + b"\n{}", [("line 1", GOOD), ("line 2", b"{}")], id="bom-lines"),
        pytest.param(b"[ " + GOOD + b" ,\n 1.50]\n", [("$[0]", GOOD), ("$[1]", b"1.50")], id="array"),
        pytest.param(b"\xef\xbb\xbf[{}]", [("$[0]", b"{}")], id="bom-array"),
        pytest.param(b"[]\n", [], id="array-of-nothing"),
        pytest.param(GOOD + b"\n", [("file", GOOD)], id="one-line"),
        pytest.param(PRETTY + b"\n", [("file", PRETTY)], id="pretty-document"),
        pytest.param(
            b'{"broken\n' + GOOD, [("line 1", b'{"broken'), ("line 2", GOOD)], id="broken-first-line"
        ),
        pytest.param(
            b"<PLACEHOLDER>\n" + GOOD, [("line 1", b"<PLACEHOLDER>"), ("line 2", GOOD)], id="foreign-line"
        ),
        pytest.param(b"", [("file", b"")], id="empty"),
        pytest.param(b" \n\t\n", [("file", b"")], id="blank"),
    ],
)
def test_framing_is_told_from_content(content: bytes, expected: list[tuple[str, bytes]]) -> None:
    assert [(record.locator, record.raw) for record in frame(content)] == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"", ["empty_file"], id="empty"),
        pytest.param(
            GOOD + b"\n" + GOOD[:20] + b"\n" + GOOD, ["kept", "truncated_json", "kept"], id="short-line"
        ),
        pytest.param(GOOD + b"\n{]\n" + GOOD, ["kept", "invalid_json", "kept"], id="broken-line"),
        pytest.param(
            GOOD + b'\n{"a":"\xff"}\n' + GOOD, ["kept", "invalid_encoding", "kept"], id="not-utf8-line"
        ),
        pytest.param(b'[{"a":"\xff"},' + GOOD + b"]", ["invalid_encoding", "kept"], id="not-utf8-element"),
        pytest.param(b'[{"a":NaN},' + GOOD + b"]", ["not_finite_number", "kept"], id="nan-element"),
        pytest.param(b'["\\ud800",' + GOOD + b"]", ["invalid_encoding", "kept"], id="surrogate-element"),
        pytest.param(b"[" + GOOD + b",{]", ["kept", "truncated_json"], id="broken-array"),
        pytest.param(
            b"[" + GOOD + b",{]}," + GOOD + b"]", ["kept", "invalid_json", "kept"], id="broken-element"
        ),
        pytest.param(b"[" + GOOD + b",\n]", ["kept", "invalid_json"], id="comma-behind-the-last"),
        pytest.param(b"[" + GOOD + b",", ["kept", "truncated_json"], id="ends-in-a-comma"),
        pytest.param(b"[" + GOOD + b"] x", ["kept", "invalid_json"], id="bytes-behind-an-array"),
        pytest.param(
            b"[\n" + GOOD + b"\n" + GOOD, ["truncated_json", "kept", "kept"], id="array-without-commas"
        ),
        pytest.param(
            b"[2024-01-01 12:00, INFO] start\n" + GOOD + b"\n" + GOOD,
            ["invalid_json", "kept", "kept"],
            id="log-line-first",
        ),
        pytest.param(b"[2024-01-01, INFO] start, then\nend [a, b]", ["invalid_json"], id="log-of-words"),
        pytest.param(
            b"\0" * 99 + b"\n" + GOOD + b"\n" + GOOD, ["binary_content", "kept", "kept"], id="nul-bytes-first"
        ),
        pytest.param(b"\0" * 99 + b"\n{}\n", ["binary_content"], id="nul-bytes-and-no-record"),
        pytest.param(b"\x89PNG\0\n" + GOOD + b"\n" + GOOD, ["binary_content"], id="picture-with-a-record"),
        pytest.param(b"[1e999]", ["not_finite_number"], id="too-large-a-number"),
        pytest.param(b"[" + b"1" * 5000 + b"]", ["not_finite_number"], id="too-long-a-number"),
        pytest.param(b"[" * 100_000, ["invalid_json"], id="deep-array"),
        pytest.param(
            GOOD + b"\n" + b"[" * 100_000 + b"\n" + GOOD, ["kept", "invalid_json", "kept"], id="deep-line"
        ),
        pytest.param(b"\xff\xfe{\x00}\x00", ["invalid_encoding"], id="utf-16"),
    ],
)
def test_a_faulty_record_costs_no_neighbour(content: bytes, expected: list[str]) -> None:
    assert outcomes(content) == expected


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"[2024-01-01 12:00] start\n" + GOOD + b"\n" + GOOD + b"\n", id="log-line-first"),
        pytest.param(b"\0" * 90 + b"\n" + GOOD + b"\n" + GOOD + b"\n", id="nul-bytes-first"),
        pytest.param(b"[" + GOOD + b",\n" + GOOD + b",\n" + GOOD[:20], id="cut-array"),
        pytest.param(b"[\n" + GOOD + b",\n" + GOOD + b",\n]\n", id="comma-behind-the-last"),
        pytest.param(b"[\n" + GOOD + b"\n" + GOOD + b"\n]", id="array-without-commas"),
        pytest.param(b"[" + GOOD + b",{]}," + GOOD + b"]", id="broken-element"),
    ],
)
def test_how_much_is_held_changes_no_record(content: bytes) -> None:
    held, streamed = (
        [
            (record.locator, record.raw, outcome(record))
            for record in read_records(io.BytesIO(content), record_bytes=limit)
        ]
        for limit in (len(content), 2 * len(GOOD) + 9)
    )
    assert held == streamed
    assert [raw for _, raw, told in held if told == "kept"] == [GOOD, GOOD]


def test_rejection_of_a_cut_array_names_the_element() -> None:
    _, cut = frame(b"[" + GOOD + b",\n" + GOOD[:9])
    rejection = decode_record(cut, SOURCE)

    assert cut.raw == GOOD[:9]
    assert isinstance(rejection, Rejection)
    assert rejection.reason is RejectReason.TRUNCATED_JSON
    assert "in or behind its element 1" in rejection.detail


def test_real_records_are_exact_slices_of_their_file(
    airline_json: bytes, airline_records: list[RawRecord]
) -> None:
    position = 0
    for record in airline_records:
        start = airline_json.index(record.raw, position)
        assert airline_json[position:start].strip() in (b"[", b",")
        position = start + len(record.raw)

    assert airline_json[position:].strip() == b"]"
    assert [json.loads(record.raw) for record in airline_records] == json.loads(airline_json)


def test_a_cut_array_costs_its_last_element_wherever_it_is_cut(
    airline_json: bytes, airline_records: list[RawRecord]
) -> None:
    end = airline_json.index(airline_records[7].raw) + len(airline_records[7].raw)
    some_rows = airline_json[:end] + b"\n]\n"
    assert outcomes(some_rows) == ["kept"] * 8

    for offset in Random(0).sample(range(1, end), 200):
        *whole, cut = frame(some_rows[:offset])
        assert [record.raw for record in whole] == [record.raw for record in airline_records[: len(whole)]]
        assert outcome(cut) == "truncated_json"
        assert len(whole) == 7 or airline_records[len(whole)].raw not in some_rows[: offset - 1]
        assert cut.raw == b"," or some_rows[:offset].strip().endswith(cut.raw)


def test_a_cut_line_costs_only_itself(swesmith_file: bytes) -> None:
    last_line = swesmith_file.rstrip().rindex(b"\n") + 1
    for offset in Random(0).sample(range(last_line + 1, len(swesmith_file.rstrip())), 20):
        assert outcomes(swesmith_file[:offset]) == ["kept", "kept", "truncated_json"]


def test_lines_are_read_no_further_than_needed() -> None:
    stream = io.BytesIO(GOOD + b"\n" + (GOOD + b"\n") * 1000)
    next(read_records(stream))
    assert stream.tell() <= HEAD_RECORDS * len(GOOD + b"\n")


def test_an_array_is_held_once(airline_json: bytes) -> None:
    stream = io.BytesIO(airline_json)
    tracemalloc.start()
    try:
        for _ in read_records(stream):
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1.6 * len(airline_json)


@settings(deadline=None)
@given(
    st.lists(st.one_of(st.just(GOOD), st.binary(max_size=40)), max_size=6),
    st.sampled_from([b"\n", b",", b""]),
)
def test_no_bytes_crash_and_every_record_is_kept_or_rejected(parts: list[bytes], separator: bytes) -> None:
    for content in (separator.join(parts), b"[" + separator.join(parts) + b"]"):
        assert set(outcomes(content)) <= {"kept", *RejectReason}


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_byte_but_separators_is_left_out(content: bytes) -> None:
    kept = b"".join(record.raw for record in frame(b"x\n" + content + b"\n" + GOOD))
    assert kept.translate(None, b" \t\r\n") == (b"x" + content + GOOD).translate(None, b" \t\r\n")
