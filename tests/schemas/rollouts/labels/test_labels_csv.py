import pytest

from schemas.rollouts import Decoded, Rejection, decode_record
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


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"run,colour\nx,1\n", b"reward\n1\n"])
def test_another_table_is_not_claimed(content: bytes) -> None:
    rejection = decode(content)
    assert isinstance(rejection, Rejection)
    assert rejection.format_name is None
