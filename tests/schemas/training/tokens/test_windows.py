"""Windows keep the loss of each trained token exactly once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import RecipeError
from schemas.training.tokens import TokenRow, cut_windows
from tests.schemas.training.tokens.token_rows import make_row, rows


@given(row=rows(), max_tokens=st.integers(2, 60), share=st.floats(0, 0.9))
def test_each_trained_token_is_trained_in_exactly_one_window(
    row: TokenRow, max_tokens: int, share: float
) -> None:
    windows = cut_windows(row, max_tokens=max_tokens, overlap=int(share * max_tokens)).rows
    trained = [at for window in windows for at in window.positions[window.is_trained].tolist()]
    assert sorted(trained) == np.flatnonzero(row.is_trained).tolist()
    for window in windows:
        assert len(window) <= max_tokens
        assert (np.diff(window.positions) > 0).all()
        assert not window.is_trained[0]
        assert (window.weights > 0).tolist() == window.is_trained.tolist()
        assert window.advantages is not None
        assert (~np.isnan(window.advantages)).tolist() == window.is_trained.tolist()


def test_a_row_that_fits_is_left_alone() -> None:
    row = make_row([False, True, True])
    assert cut_windows(row, max_tokens=3).rows == (row,)


def test_cuts_at_borders_and_repeats_the_prompt() -> None:
    row = make_row([False] * 4 + [True] * 12, borders=[8, 12], prompt_count=4)
    windows = cut_windows(row, max_tokens=10)
    assert [window.positions.tolist() for window in windows.rows] == [
        [0, 1, 2, 3, 4, 5, 6, 7],
        [0, 1, 2, 3, 8, 9, 10, 11],
        [0, 1, 2, 3, 12, 13, 14, 15],
    ]
    assert windows.cut_count == 0
    assert windows.rows[1].borders.tolist() == [4]


def test_repeats_what_came_before_without_its_loss() -> None:
    row = make_row([False] * 2 + [True] * 8, borders=[4, 6, 8], prompt_count=2)
    windows = cut_windows(row, max_tokens=6, overlap=2).rows
    assert [window.positions.tolist() for window in windows] == [
        [0, 1, 2, 3],
        [0, 1, 2, 3, 4, 5],
        [0, 1, 4, 5, 6, 7],
        [0, 1, 6, 7, 8, 9],
    ]
    assert windows[1].positions[windows[1].is_trained].tolist() == [4, 5]


def test_counts_what_is_longer_than_a_window_and_leaves_out_windows_without_loss() -> None:
    row = make_row([False] * 20 + [True] * 3, borders=[20], prompt_count=2)
    windows = cut_windows(row, max_tokens=8)
    assert (windows.cut_count, len(windows.rows), windows.left_out_count) == (1, 1, 3)


def test_a_prompt_that_would_fill_the_window_is_not_repeated() -> None:
    row = make_row([False] * 10 + [True] * 10, borders=[10, 14], prompt_count=10)
    windows = cut_windows(row, max_tokens=8).rows
    assert min(int(window.positions[0]) for window in windows) > 0


@pytest.mark.parametrize(
    "wrong", [{"max_tokens": 1}, {"max_tokens": 4, "overlap": 4}, {"max_tokens": 4, "prompt_frac": 1.0}]
)
def test_refuses_what_cannot_be_cut(wrong: dict[str, int]) -> None:
    with pytest.raises(RecipeError, match="Allowed are"):
        cut_windows(make_row([True]), **wrong)
