import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.rollouts import Decoded, RawRecord, Rejection, decode_record, parted
from schemas.trajectory import ScoreSource
from schemas.verdict import Verdict
from tests.schemas.rollouts.real_files import file_samples
from tests.schemas.rollouts.samples.labels_csv import JUDGED, VERIFIED


def decode(content: bytes) -> tuple[Verdict, ...] | Rejection:
    (sample,) = file_samples("labels.csv", content)
    decoded = decode_record(sample.record, sample.source)
    return decoded.verdicts if isinstance(decoded, Decoded) else decoded


def read(content: bytes) -> tuple[Verdict, ...]:
    verdicts = decode(content)
    assert not isinstance(verdicts, Rejection)
    return verdicts


def test_an_outcome_and_another_score_are_two_verdicts() -> None:
    resolved, style, unknown, odd = read(VERIFIED)
    assert (resolved.is_outcome, resolved.score.value, resolved.score.source) == (
        True,
        1.0,
        ScoreSource.VERIFIER,
    )
    assert (resolved.benchmark, resolved.task_key) == ("swe_bench", "django__django-10973")
    assert (resolved.trial, resolved.model, resolved.extra) == (3, "gpt-4o", '{"seed":"1"}')
    assert resolved.score.explanation == "good"
    assert (style.is_outcome, style.score.name, style.score.value) == (False, "style_score", 0.5)
    assert (unknown.score.value, unknown.trial, unknown.run) == (None, None, "run-7")
    assert (odd.score.value, odd.extra) == (None, '{"style_score":"odd"}')


def test_what_somebody_says_is_no_outcome() -> None:
    first, second = read(JUDGED)
    assert (first.score.source, first.score.annotator, first.is_outcome) == (ScoreSource.HUMAN, "ann", False)
    assert (first.run, first.agent, first.benchmark) == ("a/b.json", "react", "tau")
    assert (second.score.value, second.extra) == (None, '{"label":"strange"}')


def test_of_several_outcomes_the_first_of_the_list_counts() -> None:
    verdicts = read(b"run,success,reward\nx,no,0.5\n")
    assert [(one.score.name, one.is_outcome) for one in verdicts] == [("success", False), ("reward", True)]


def test_a_row_that_names_no_rollout_is_refused() -> None:
    rejection = decode(b"run,reward\nx,1\n,1\n")
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, rejection.format_name) == ("missing_field", "labels_csv")
    assert "Row 2" in rejection.detail


TABLE = (
    b'task_id,reward,comment\r\na,1,"good,\r\nall of it"\r\nb,1\r\n\r\n,1,whose?\r\nc,0,fine\r\nd,1,"open\r\n'
)


def test_rows_that_cannot_be_read_are_refused_one_by_one() -> None:
    (sample,) = file_samples("labels.csv", TABLE)
    first, *refused = parted(sample.record)
    decoded = decode_record(first, sample.source)
    assert isinstance(decoded, Decoded)
    assert [(one.task_key, one.score.value) for one in decoded.verdicts] == [("a", 1.0), ("c", 0.0)]
    assert first.raw == TABLE.replace(b"b,1\r\n", b"").replace(b",1,whose?\r\n", b"").removesuffix(
        b'd,1,"open\r\n'
    )
    told = [decode_record(one, sample.source) for one in refused]
    assert [(one.locator, one.index, one.raw) for one in refused] == [
        ("line 4", 1, b"b,1"),
        ("line 6", 2, b",1,whose?"),
        ("line 8", 3, b'd,1,"open'),
    ]
    assert [one.reason.value for one in told if isinstance(one, Rejection)] == [
        "table_row_broken",
        "missing_field",
        "table_row_broken",
    ]
    assert len({one.record_id for one in (first, *refused)}) == 4


def test_a_table_that_is_whole_is_one_record() -> None:
    (sample,) = file_samples("labels.csv", VERIFIED)
    assert list(parted(sample.record)) == [sample.record]


@given(st.text('a,"\n\r\ufeff\u00e9', max_size=40).map(str.encode) | st.binary(min_size=1, max_size=40))
def test_parting_any_table_loses_none_of_it_but_ends_of_lines(body: bytes) -> None:
    for raw in (body, b"task_id,reward\n" + body):
        record = RawRecord(raw=raw, locator="file", index=0, record_id="", claimed_by="labels_csv")
        parts = list(parted(record))
        held = b"".join(part.raw for part in parts)
        assert parts == [record] or sorted(held.replace(b"\r", b"").replace(b"\n", b"")) == sorted(
            raw.removeprefix(b"\xef\xbb\xbf").replace(b"\r", b"").replace(b"\n", b"")
        )


def test_a_table_whose_header_is_broken_is_refused_whole() -> None:
    (sample,) = file_samples("labels.csv", b"task_id,reward,\xff\na,1,x\nb,1\n")
    (record,) = parted(sample.record)
    assert isinstance(decode_record(record, sample.source), Rejection)


@pytest.mark.parametrize("content", [b"task_id;reward\na;1\n", b"name,colour\na,red\n", b"words\n"])
def test_a_table_that_is_not_known_is_told_so(content: bytes) -> None:
    rejection = decode(content)
    assert isinstance(rejection, Rejection)
    assert rejection.reason == "table_not_recognised"
    assert "red" not in rejection.detail


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"run,colour\nx,1\n", b"reward\n1\n"])
def test_another_table_is_not_claimed(content: bytes) -> None:
    rejection = decode(content)
    assert isinstance(rejection, Rejection)
    assert rejection.format_name is None
