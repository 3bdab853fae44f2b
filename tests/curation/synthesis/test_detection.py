"""Set F1 by hand, and the figures' bounds."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.synthesis.detection import score_detection

LABELS = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.sampled_from("pq")), max_size=8)


def labels(rows: list[tuple[str, str, str]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(("sample_id", "agent", "error"), pl.String), orient="row")


def test_figures_are_those_that_a_hand_computes() -> None:
    truth = labels([("a", "x", "p"), ("b", "x", "p"), ("c", "y", "q")])
    said = labels([("a", "x", "p"), ("b", "x", "q"), ("b", "x", "q"), ("d", "y", "q")])
    scores = score_detection(truth, said)
    # Pairs: 1 hit of 3 said and 3 true; classes xp 2/3, xq 0, yq 0.
    assert (scores["pair"].micro_precision, scores["pair"].micro_recall) == (1 / 3, 1 / 3)
    assert scores["pair"].micro_f1 == pytest.approx(1 / 3)
    assert scores["pair"].macro_f1 == pytest.approx(2 / 9)
    # Agents: hits a and b; classes x 1, y 0.
    assert scores["agent"].micro_f1 == pytest.approx(2 / 3)
    assert scores["agent"].macro_f1 == pytest.approx(1 / 2)
    # Errors: one hit; classes p 2/3, q 0.
    assert scores["error"].macro_f1 == pytest.approx(1 / 3)


def test_nothing_to_find_and_nothing_said_has_no_figure() -> None:
    score = score_detection(labels([]), labels([]))["pair"]
    assert (score.micro_precision, score.micro_recall, score.micro_f1, score.macro_f1) == (None,) * 4


@given(truth=LABELS, said=LABELS)
def test_figures_are_symmetric_and_shares(
    truth: list[tuple[str, str, str]], said: list[tuple[str, str, str]]
) -> None:
    one, other = score_detection(labels(truth), labels(said)), score_detection(labels(said), labels(truth))
    for level, score in one.items():
        assert (score.micro_f1, score.macro_f1) == (other[level].micro_f1, other[level].macro_f1)
        assert all(value is None or 0 <= value <= 1 for value in vars(score).values())
        assert (score.micro_f1 == 1.0) == (bool(truth) and sets(truth, level) == sets(said, level))


def sets(rows: list[tuple[str, str, str]], level: str) -> set[tuple[str, ...]]:
    places = {"pair": (0, 1, 2), "agent": (0, 1), "error": (0, 2)}[level]
    return {tuple(row[place] for place in places) for row in rows}
