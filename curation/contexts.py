"""Which messages have the same words before them: pairs are only ever made where two trajectories share their context."""

import numpy as np
import numpy.typing as npt
import polars as pl

from curation.fingerprint import message_keys

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


def contexts(messages: pl.DataFrame) -> pl.DataFrame:
    """Key each message by what it says, and by everything that was said before it.

    Args:
        messages: rows of the table `messages` of whole conversations, in any order.

    Returns:
        `trajectory_id`, `seq`, `role`, `message_key`, `context_key`, sorted. Two messages have one `context_key` when
        their trajectories have said the same, word for word, up to them (but for a collision of 64-bit hashes:
        whoever builds an example compares the words).
    """
    keyed = message_keys(messages).join(
        messages.select("trajectory_id", "seq", "role"), on=["trajectory_id", "seq"], validate="1:1"
    )
    keyed = keyed.sort("trajectory_id", "seq")
    distinct = keyed["message_key"].unique()
    numbers = pl.Series([int(key[:16], 16) for key in distinct], dtype=pl.UInt64)
    numbered = keyed["message_key"].replace_strict(distinct, numbers, return_dtype=pl.UInt64)
    starts = keyed.select(pl.col("trajectory_id").ne(pl.col("trajectory_id").shift()).fill_null(value=True))
    keys = _running_keys(numbered.to_numpy(), starts.to_series().to_numpy())
    return keyed.with_columns(context_key=pl.Series(keys, dtype=pl.UInt64))


def _running_keys(numbers: npt.NDArray[np.uint64], is_first: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint64]:
    """Hash the numbers before each place within its run, as a polynomial modulo 2^64."""
    if not numbers.size:
        return numbers
    places = np.arange(numbers.size)
    first = np.maximum.accumulate(np.where(is_first, places, 0))
    powers = _powers(int((places - first).max()) + 1)
    terms = numbers * powers[places - first]
    before = np.cumsum(terms, dtype=np.uint64) - terms
    return before - before[first]


def _powers(count: int) -> npt.NDArray[np.uint64]:
    factors = np.full(count, _MULTIPLIER, dtype=np.uint64)
    factors[0] = 1
    return np.cumprod(factors, dtype=np.uint64)
