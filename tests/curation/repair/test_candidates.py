import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.repair.candidates import (
    PATTERNS,
    TRANSITIONS,
    candidate_pattern,
    equal_budget,
    fill_budget,
    find_candidates,
    transitions,
)
from schemas.errors import RecipeError

COUNTS = st.lists(st.integers(0, 50), max_size=20)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (r"\boxed{\frac{1}{2}}", [r"\frac{1}{2}"]),
        ("The final answer is **12.5**, I think.", ["12.5"]),
        ("answer: Paris. The answer is: London", ["paris", "london"]),
        ("Finish[Eiffel  Tower]", ["eiffel tower"]),
        ("I answer the phone. No answer.", []),
    ],
)
def test_finds_what_states_an_answer(text: str, values: list[str]) -> None:
    assert [found.value for found in find_candidates(text, candidate_pattern(PATTERNS))] == values


def test_each_candidate_ends_where_its_text_may_be_cut() -> None:
    pattern = candidate_pattern(PATTERNS)
    text = r"First \boxed{7}. No: the answer is 8. Finish[9] and so on"
    for number, found in enumerate(find_candidates(text, pattern), start=1):
        again = list(find_candidates(text[: found.end], pattern))
        assert again[-1] == found
        assert len(again) == number


def test_names_every_transition() -> None:
    values, right = ["7", "7", "8", "8", "9", "7"], [False, False, True, True, False, False]
    expected = ["confirmed_wrong", "corrected", "confirmed_right", "spoiled", "changed_wrong"]
    assert transitions(values, right) == expected
    assert set(expected) == set(TRANSITIONS)
    assert transitions(["7"], [True]) == []


@given(COUNTS, st.data())
def test_a_budget_is_filled_by_the_fewest_first_samples(counts: list[int], data: st.DataObject) -> None:
    series = pl.Series(counts, dtype=pl.Int64)
    budget = data.draw(st.integers(0, sum(counts)))
    chosen = fill_budget(series, budget)
    taken = counts[: int(chosen.sum())]
    assert chosen.to_list() == [index < len(taken) for index in range(len(counts))]
    assert sum(taken) >= budget
    assert budget == 0 or sum(taken[:-1]) < budget


@given(st.lists(COUNTS, min_size=1, max_size=4))
def test_equal_budget_can_be_filled_by_every_set(sets: list[list[int]]) -> None:
    series = [pl.Series(counts, dtype=pl.Int64) for counts in sets]
    budget = equal_budget(series)
    for counts in series:
        fill_budget(counts, budget)
    assert equal_budget([]) == 0


def test_a_budget_that_is_too_large_is_refused() -> None:
    with pytest.raises(RecipeError, match="budget of 9 tokens cannot be filled: the samples have 5"):
        fill_budget(pl.Series([2, 3]), 9)
