"""Bands of signatures: the pairs worth a look, without comparing all with all.

Two documents are candidates when all `rows` slots of one of their `bands` agree. Of pairs with similarity s, the share
1 - (1 - s^rows)^bands is found: see `share_found`.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from curation.duplicates.minhash import Signatures, estimates
from curation.duplicates.shingles import Places

REACH = 128
"""In a band that more documents share, each is paired with this many that follow it only: work stays linear."""
SIGMAS = 4
"""Standard errors by which an estimate may lie below the threshold before the pair is given up unverified."""

_PLACE = np.uint64(0x9E3779B97F4A7C15)


def share_found(similarity: float, *, bands: int, rows: int) -> float:
    """Give the share of pairs of a similarity that become candidates.

    Examples:
        >>> round(share_found(0.8, bands=14, rows=8), 3), round(share_found(0.8, bands=18, rows=6), 3)
        (0.924, 0.996)
    """
    return 1 - (1 - similarity**rows) ** bands


def candidate_pairs(
    signatures: Signatures, scopes: npt.NDArray[np.integer], *, bands: int, rows: int, threshold: float
) -> tuple[Places, Places]:
    """Find pairs that share a band and whose estimate does not rule out the threshold.

    Args:
        signatures: one row per document.
        scopes: only documents of one scope are paired.
        bands: groups of slots.
        rows: slots of a group; `bands * rows` slots are used.
        threshold: similarity that is looked for.

    Returns:
        First and second row of each pair, first < second, each pair once, sorted.
    """
    count, slots = signatures.shape
    floor = threshold - SIGMAS * np.sqrt(threshold * (1 - threshold) / max(slots, 1))
    pairs = np.zeros(0, dtype=np.int64)
    for band in range(bands):
        keys = band_keys(signatures[:, band * rows : (band + 1) * rows], scopes)
        found = [pairs]
        for left, right in _neighbours(keys):
            is_close = estimates(signatures, left, right) >= floor
            found.append((left * count + right)[is_close])
        pairs = np.unique(np.concatenate(found))
    return pairs // max(count, 1), pairs % max(count, 1)


def band_keys(slots: Signatures, scopes: npt.NDArray[np.integer]) -> npt.NDArray[np.uint64]:
    """Hash the slots of one band and the scope to one number; a collision only costs a comparison."""
    keys = scopes.astype(np.uint64)
    for slot in slots.T:
        keys = (keys ^ (keys >> np.uint64(29))) * _PLACE + slot
    return keys


def _neighbours(keys: npt.NDArray[np.uint64]) -> Iterator[tuple[Places, Places]]:
    """Pair rows with equal keys, one distance within their run at a time."""
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order], prepend=~keys[order][:1]))
    run = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(keys)))
    longest = int(np.diff(starts, append=len(keys)).max(initial=0))
    for distance in range(1, min(longest - 1, REACH) + 1):
        near = np.flatnonzero(run[distance:] == run[:-distance])
        yield order[near], order[near + distance]
