"""Pack rows into bins of one length, so that a batch holds tokens and not padding.

Best fit decreasing: rows from the longest to the shortest, each into the fullest bin that still has room (the rule of
TRL's `packing_strategy="bfd"`, after arXiv 2404.10830). Equal lengths go in input order, so the result is one and the same.
"""

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from schemas.errors import RecipeError
from schemas.training.tokens.rows import IGNORED, Floats, Ints, TokenRow


@dataclass(frozen=True, kw_only=True)
class Packing:
    """Which rows go into which bin."""

    bins: tuple[tuple[int, ...], ...]
    """Indexes of rows; each row is in one bin, and an empty row in none."""
    fill_frac: float | None
    """Tokens per place, in [0, 1]; null without a bin."""


@dataclass(frozen=True, kw_only=True)
class PackedRow:
    """One bin as arrays of one value per token."""

    input_ids: Ints
    labels: Ints
    """-100 also at each sequence's first token: what precedes it belongs to another sequence."""
    weights: Floats
    advantages: Floats | None
    """NaN where unknown or not trained; null when no row has one."""
    position_ids: Ints
    """Place in its own sequence, from 0."""
    sequence_ids: Ints
    """Which sequence of the bin, from 0."""
    boundaries: Ints
    """Where the sequences begin, and the total length: what flash attention calls `cu_seqlens`."""
    members: tuple[int, ...]
    """Indexes of the rows."""


def pack_lengths(lengths: Sequence[int], *, max_tokens: int) -> Packing:
    """Choose bins for rows of these lengths.

    Raises:
        RecipeError: a row is longer than a bin.
    """
    if lengths and max(lengths) > max_tokens:
        raise RecipeError(
            f"A row of {max(lengths)} tokens does not fit into a bin of `max_tokens` {max_tokens}. Allowed are rows of "
            "at most max_tokens.\n\nHint: cut them first with `cut_windows`"
        )
    bins: list[list[int]] = []
    free: list[tuple[int, int]] = []
    for row in sorted((at for at, length in enumerate(lengths) if length), key=lambda at: (-lengths[at], at)):
        place = bisect_left(free, (lengths[row], -1))
        if place == len(free):
            bins.append([])
            room, chosen = max_tokens, len(bins) - 1
        else:
            room, chosen = free.pop(place)
        bins[chosen].append(row)
        insort(free, (room - lengths[row], chosen))
    fill = sum(lengths) / (len(bins) * max_tokens) if bins else None
    return Packing(bins=tuple(map(tuple, bins)), fill_frac=fill)


def pack_rows(rows: Sequence[TokenRow], packing: Packing) -> list[PackedRow]:
    """Join the rows of each bin."""
    return [_join([rows[at] for at in members], members) for members in packing.bins]


def _join(rows: Sequence[TokenRow], members: tuple[int, ...]) -> PackedRow:
    boundaries = np.concatenate(([0], np.cumsum([len(row) for row in rows]))).astype(np.int32)
    labels = np.concatenate([row.labels for row in rows])
    weights = np.concatenate([row.weights for row in rows])
    labels[boundaries[:-1]] = IGNORED
    weights[boundaries[:-1]] = 0
    lengths = np.diff(boundaries)
    has_advantages = any(row.advantages is not None for row in rows)
    return PackedRow(
        input_ids=np.concatenate([row.input_ids for row in rows]),
        labels=labels,
        weights=weights,
        advantages=np.concatenate([_advantages(row) for row in rows]) if has_advantages else None,
        position_ids=np.concatenate(
            [np.arange(end - begin, dtype=np.int32) for begin, end in pairwise(boundaries)]
        ),
        sequence_ids=np.repeat(np.arange(len(rows), dtype=np.int32), lengths),
        boundaries=boundaries,
        members=members,
    )


def _advantages(row: TokenRow) -> Floats:
    return np.full(len(row), np.nan, dtype=np.float32) if row.advantages is None else row.advantages
