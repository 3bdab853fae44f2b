"""Packing loses nothing and is one and the same each time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import RecipeError
from schemas.training.tokens import TokenRow, pack_lengths, pack_rows
from tests.schemas.training.tokens.token_rows import make_row, rows

LENGTHS = st.lists(st.integers(0, 50), max_size=80)


@given(lengths=LENGTHS, extra=st.integers(0, 30))
def test_each_row_is_in_one_bin_and_no_bin_is_too_full(lengths: list[int], extra: int) -> None:
    limit = max([*lengths, 1]) + extra
    packing = pack_lengths(lengths, max_tokens=limit)
    assert sorted(at for members in packing.bins for at in members) == [
        at for at, count in enumerate(lengths) if count
    ]
    assert all(sum(lengths[at] for at in members) <= limit for members in packing.bins)
    assert packing == pack_lengths(lengths, max_tokens=limit)
    if packing.bins:
        assert packing.fill_frac == pytest.approx(sum(lengths) / (limit * len(packing.bins)))
    else:
        assert packing.fill_frac is None


@given(lengths=LENGTHS)
def test_any_two_bins_hold_more_than_one_would(lengths: list[int]) -> None:
    limit = max([*lengths, 1])
    fills = sorted(
        sum(lengths[at] for at in members) for members in pack_lengths(lengths, max_tokens=limit).bins
    )
    assert len(fills) < 2 or fills[0] + fills[1] > limit


def test_takes_the_fullest_bin_that_has_room() -> None:
    assert pack_lengths([7, 5, 3, 3, 2], max_tokens=10).bins == ((0, 2), (1, 3, 4))


@given(packed=st.lists(rows(), min_size=1, max_size=6))
def test_a_packed_row_is_its_rows_in_turn(packed: list[TokenRow]) -> None:
    limit = max(len(row) for row in packed) * 2
    for bin_row in pack_rows(packed, pack_lengths([len(row) for row in packed], max_tokens=limit)):
        for at, member in enumerate(bin_row.members):
            begin, end = bin_row.boundaries[at : at + 2]
            row = packed[member]
            assert (bin_row.input_ids[begin:end] == row.input_ids).all()
            assert (bin_row.labels[begin:end] == row.labels).all()
            assert (bin_row.weights[begin:end] == row.weights).all()
            assert (bin_row.position_ids[begin:end] == np.arange(len(row))).all()
            assert (bin_row.sequence_ids[begin:end] == at).all()
        assert bin_row.boundaries[-1] == len(bin_row.input_ids)


def test_the_first_token_of_a_sequence_has_no_loss() -> None:
    (packed,) = pack_rows([make_row([True, True]), make_row([True])], pack_lengths([2, 1], max_tokens=4))
    assert packed.labels.tolist() == [-100, 1, -100]
    assert packed.weights.tolist() == [0, 1, 0]


def test_refuses_a_row_that_is_too_long() -> None:
    with pytest.raises(RecipeError, match="cut_windows"):
        pack_lengths([5], max_tokens=4)
