"""How long rows are and what a maximum length would cost, before a GPU is paid for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from schemas.training.tokens.rows import TokenRow

QUANTILES = (0.0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)


@dataclass(frozen=True, kw_only=True)
class Truncation:
    """What cutting rows off behind `max_tokens` would lose."""

    max_tokens: int
    row_frac: float | None
    """Rows that are longer; null without a row."""
    token_frac: float | None
    """Tokens behind the cut; null without a token."""
    trained_frac: float | None
    """Trained tokens behind the cut; null without a trained token."""


@dataclass(frozen=True, kw_only=True)
class TokenLengths:
    """Lengths of a set of rows, in tokens."""

    row_count: int
    token_count: int
    trained_count: int
    row_quantiles: dict[float, float]
    """Row length by quantile, linearly interpolated; empty without a row."""
    trained_quantiles: dict[float, float]
    """Trained tokens per row by quantile."""
    truncations: tuple[Truncation, ...]


def measure_lengths(rows: Iterable[TokenRow], *, max_tokens: Sequence[int] = ()) -> TokenLengths:
    """Measure rows, one pass, none of them kept."""
    lengths: list[int] = []
    trained: list[int] = []
    lost: list[list[int]] = []
    for row in rows:
        lengths.append(len(row))
        at = np.flatnonzero(row.is_trained)
        trained.append(len(at))
        lost.append([len(at) - int(np.searchsorted(at, limit)) for limit in max_tokens])
    return TokenLengths(
        row_count=len(lengths),
        token_count=sum(lengths),
        trained_count=sum(trained),
        row_quantiles=_quantiles(lengths),
        trained_quantiles=_quantiles(trained),
        truncations=tuple(
            _truncation(limit, lengths, sum(trained), sum(row[at] for row in lost))
            for at, limit in enumerate(max_tokens)
        ),
    )


def _quantiles(counts: Sequence[int]) -> dict[float, float]:
    if not counts:
        return {}
    return dict(zip(QUANTILES, np.quantile(counts, QUANTILES).tolist(), strict=True))


def _truncation(limit: int, lengths: Sequence[int], trained_count: int, lost: int) -> Truncation:
    return Truncation(
        max_tokens=limit,
        row_frac=_share(sum(length > limit for length in lengths), len(lengths)),
        token_frac=_share(sum(max(0, length - limit) for length in lengths), sum(lengths)),
        trained_frac=_share(lost, trained_count),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
