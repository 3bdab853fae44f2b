"""Sequence statistics."""

import pytest

from schemas.training.tokens import measure_lengths
from tests.schemas.training.tokens.token_rows import make_row


def test_measures_lengths_and_what_a_limit_would_cost() -> None:
    lengths = measure_lengths(
        [make_row([False, True]), make_row([False, False, True, True])], max_tokens=[3, 10]
    )
    assert (lengths.row_count, lengths.token_count, lengths.trained_count) == (2, 6, 3)
    assert lengths.row_quantiles[0.5] == 3
    assert lengths.trained_quantiles[1.0] == 2
    short, long = lengths.truncations
    assert (short.max_tokens, short.row_frac) == (3, 0.5)
    assert short.token_frac == pytest.approx(1 / 6)
    assert short.trained_frac == pytest.approx(1 / 3)
    assert (long.row_frac, long.token_frac, long.trained_frac) == (0, 0, 0)


def test_shares_of_nothing_are_unknown() -> None:
    lengths = measure_lengths([], max_tokens=[3])
    assert lengths.row_quantiles == {}
    assert lengths.truncations[0].row_frac is None
    assert measure_lengths([make_row([False])], max_tokens=[3]).truncations[0].trained_frac is None
