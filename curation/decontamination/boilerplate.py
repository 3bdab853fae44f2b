"""Boilerplate: the words that many tasks of one benchmark share, which tell none of them from another."""

import numpy as np
import numpy.typing as npt
import polars as pl

from curation.duplicates.shingles import Hashes, Places, Shingles, windows

COMMON_WORDS = 5
"""Words of a window whose tasks are counted: a shingle, as in `curation.duplicates`."""
COMMON_TASKS = 5
"""Tasks that must share a window before it can be boilerplate, however small the benchmark is. Ours."""
COMMON_FRAC = 0.05
"""Share of a benchmark's tasks above which a window is boilerplate. Ours; measured in `benchmarks.decontamination`."""

Flags = npt.NDArray[np.bool_]


def common_words(words: Shingles, tasks: pl.DataFrame, *, common_frac: float) -> Flags:
    """Find the words that lie in a window of 5 which more than a share of the tasks of their benchmark have.

    Ours. A prompt template, a policy or the rules of a game are the same in many tasks: they are no trace of one of them.
    So is a whole text that many tasks have, where what differs is hidden in the environment.

    Args:
        words: hashes of the words of each text.
        tasks: `benchmark` and `task_key` of each text; several texts may be of one task.
        common_frac: share of tasks, in (0, 1]; at 1 nothing is common.

    Returns:
        One flag per word.
    """
    fives = windows(words.hashes, words.offsets, size=COMMON_WORDS)
    counted = tasks.select("benchmark", task=pl.struct("benchmark", "task_key").rank("dense"))
    held = counted[owners(fives)].with_columns(window=fives.hashes)
    found = held.unique().group_by("benchmark", "window").len("count")
    sizes = counted.unique().group_by("benchmark").len("size")
    is_common = (pl.col("count") >= COMMON_TASKS) & (pl.col("count") > common_frac * pl.col("size"))
    common = found.join(sizes, on="benchmark").filter(is_common)
    marked = held.join(
        common.select("benchmark", "window", is_common=True),
        on=["benchmark", "window"],
        how="left",
        maintain_order="left",
    )
    return covered_words(fives, marked["is_common"].is_not_null().to_numpy(), words)


def covered_words(parts: Shingles, is_marked: Flags, words: Shingles) -> Flags:
    """Mark the words that lie in a marked window; `parts` are the windows of the same texts."""
    sizes = np.where(parts.counts > 0, words.counts - parts.counts + 1, 0)
    # The one window of a text shorter than a window is as long as the text.
    sizes = np.minimum(sizes, words.counts)
    rows = owners(parts)[is_marked]
    starts = np.flatnonzero(is_marked) - parts.offsets[rows] + words.offsets[rows]
    steps = np.zeros(len(words.hashes) + 1, dtype=np.int64)
    np.add.at(steps, starts, 1)
    np.add.at(steps, starts + sizes[rows], -1)
    flags: Flags = np.cumsum(steps[:-1]) > 0
    return flags


def wholly(parts: Shingles, is_marked: Flags, words: Shingles, size: int) -> Flags:
    """Mark the windows of `size` words all of whose words are marked."""
    sums = np.concatenate([[0], np.cumsum(is_marked)])
    rows = owners(parts)
    starts = np.arange(len(parts.hashes)) - parts.offsets[rows] + words.offsets[rows]
    ends = np.minimum(starts + size, words.offsets[rows + 1])
    flags: Flags = sums[ends] - sums[starts] == ends - starts
    return flags


def owners(parts: Shingles) -> Places:
    """Give the document of each window."""
    return np.repeat(np.arange(len(parts.counts)), parts.counts)


def filtered(parts: Shingles, is_kept: Flags) -> Shingles:
    """Keep some windows of each document."""
    counts = np.bincount(owners(parts)[is_kept], minlength=len(parts.counts))
    return Shingles(hashes=parts.hashes[is_kept], offsets=np.concatenate([[0], np.cumsum(counts)]))


def is_among(hashes: Hashes, ordered: Hashes) -> Flags:
    """Tell which hashes are in a sorted array."""
    if not len(ordered):
        return np.zeros(len(hashes), dtype=bool)
    places = np.minimum(np.searchsorted(ordered, hashes), len(ordered) - 1)
    flags: Flags = ordered[places] == hashes
    return flags
