"""Tools called in turn, over and over: A B A B A B.

After Signals (arXiv 2604.00356), Execution.loops.oscillation: at each call the shortest repeating sequence of tool names
wins; overlapping finds are thinned out from the left. Columns prefilter the few trajectories that need the scan.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

PATTERN_LENGTHS = range(2, 6)
"""Calls in the sequence that repeats."""

_SPANS = {"trajectory_id": pl.String, "start": pl.Int64, "end": pl.Int64}


def find_oscillations(calls: pl.DataFrame, min_repeats: int) -> pl.DataFrame:
    """Find sequences of 2 to 5 calls, with two tools or more, that come `min_repeats` times or more in a row.

    Args:
        calls: `trajectory_id` and `name`, in order of calling.
        min_repeats: repetitions that make an oscillation, at least 2.

    Returns:
        `trajectory_id`, `start` and `end` (first and last call, counted from 0 within the trajectory).
    """
    named = calls.select("trajectory_id", name=pl.col("name").rank("dense"))
    found = [
        {"trajectory_id": str(trajectory_id), "start": start, "end": end}
        for (trajectory_id,), rows in named.join(
            _suspects(named, min_repeats), on="trajectory_id", how="semi"
        )
        .partition_by("trajectory_id", as_dict=True, maintain_order=True)
        .items()
        for start, end in _thin_out(_spans(rows["name"].to_numpy(), min_repeats))
    ]
    return pl.DataFrame(found, schema=_SPANS)


def _suspects(named: pl.DataFrame, min_repeats: int) -> pl.DataFrame:
    """Keep trajectories where, for some length, enough calls in a row equal the call that many before."""
    shifted = named.with_columns(
        (pl.col("name") == pl.col("name").shift(length).over("trajectory_id"))
        .fill_null(value=False)
        .alias(f"is_{length}")
        for length in PATTERN_LENGTHS
    )
    varies = pl.col("name").n_unique() > 1
    repeats = pl.any_horizontal(
        pl.col(f"is_{length}").sum() >= length * (min_repeats - 1) for length in PATTERN_LENGTHS
    )
    return shifted.group_by("trajectory_id").agg(is_suspect=varies & repeats).filter("is_suspect")


def _spans(names: npt.NDArray[np.uint32], min_repeats: int) -> Iterator[tuple[int, int]]:
    matches = {length: _match_lengths(names, length) for length in PATTERN_LENGTHS}
    varies = {length: _match_lengths(names, 1) < length - 1 for length in PATTERN_LENGTHS}
    start = 0
    while start < len(names):
        for length in PATTERN_LENGTHS:
            repeats = int(matches[length][start]) // length + 1
            if repeats >= min_repeats and varies[length][start]:
                end = start + repeats * length - 1
                yield start, end
                start = end + 1 - length
                break
        else:
            start += 1


def _match_lengths(names: npt.NDArray[np.uint32], lag: int) -> npt.NDArray[np.int64]:
    """Count, from each call on, how many calls in a row equal the call `lag` later."""
    positions = np.arange(len(names))
    is_break = np.ones(len(names), dtype=bool)
    is_break[: max(len(names) - lag, 0)] = names[:-lag] != names[lag:]
    next_break = np.minimum.accumulate(np.where(is_break, positions, len(names))[::-1])[::-1]
    return next_break - positions


def _thin_out(spans: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    last_end = -1
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start > last_end:
            yield start, end
            last_end = end
