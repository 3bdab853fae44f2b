"""Alignment of a protected text with a training text: how much of the one the other holds, and where."""

from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np

from curation.decontamination.boilerplate import Flags, covered_words, wholly
from curation.decontamination.grams import ALIGNED_WORDS
from curation.duplicates.shingles import Hashes, Places, Shingles, windows

STRETCH = 2
"""A passage is looked for in a stretch of the training text that is so many times as long as the protected text."""


@dataclass(frozen=True, kw_only=True)
class Alignment:
    """What two texts have in common, in order."""

    coverage: float
    """Share of the protected text's own words (no boilerplate) in matching blocks, in [0, 1]."""
    matched_words: int
    """Words in matching blocks, boilerplate included."""
    protected_word: int
    """First word of the longest block in the protected text, from 0."""
    text_word: int
    """First word of the longest block in the training text, from 0."""
    block_words: int
    """Words of the longest block; 0 when nothing matches."""


NOTHING = Alignment(coverage=0.0, matched_words=0, protected_word=0, text_word=0, block_words=0)


def align(protected: Hashes, is_own: Flags, text: Hashes, *, floor: float) -> Alignment:
    """Align the words of a protected text with those of a training text.

    Blocks are found by longest match first (`difflib`, after Ratcliff and Obershelp) over windows of 3 words, so a block
    has at least 3. Only the stretch of the training text that shares most windows is aligned, which bounds the work.

    Args:
        protected: hashes of the words of the one, at least 3.
        is_own: which of its words are no boilerplate; at least one.
        text: hashes of the words of the other.
        floor: coverage below which nobody wants to know more: what cannot reach it, in whatever order, counts as nothing.
    """
    wanted, given = _threes(protected), _threes(text)
    is_shared = np.isin(wanted.hashes, given.hashes)
    words = _whole(protected)
    if _share(covered_words(wanted, is_shared, words), is_own) < floor:
        return NOTHING
    telling = wanted.hashes[is_shared & ~wholly(wanted, ~is_own, words, ALIGNED_WORDS)]
    start, end = _densest(np.isin(given.hashes, telling), STRETCH * len(protected))
    matcher = SequenceMatcher(None, wanted.hashes.tolist(), given.hashes[start:end].tolist(), autojunk=False)
    blocks = np.array(matcher.get_matching_blocks(), dtype=np.int64)
    is_matched = np.zeros(len(protected), dtype=bool)
    for first, _, size in blocks[:-1].tolist():
        is_matched[first : first + size + ALIGNED_WORDS - 1] = True
    protected_word, text_word, size = blocks[blocks[:, 2].argmax()].tolist()
    return Alignment(
        coverage=_share(is_matched, is_own),
        matched_words=int(is_matched.sum()),
        protected_word=protected_word,
        text_word=text_word + start,
        block_words=size + ALIGNED_WORDS - 1 if size else 0,
    )


def _whole(words: Hashes) -> Shingles:
    return Shingles(hashes=words, offsets=np.array([0, len(words)]))


def _threes(words: Hashes) -> Shingles:
    return windows(words, np.array([0, len(words)]), size=ALIGNED_WORDS)


def _share(is_matched: Flags, is_own: Flags) -> float:
    return float((is_matched & is_own).sum() / is_own.sum())


def _densest(is_shared: Flags, length: int) -> tuple[int, int]:
    """Give the stretch of a length that has most shared windows, the first of several; all where it is no longer."""
    if len(is_shared) <= length:
        return 0, len(is_shared)
    sums: Places = np.concatenate([[0], np.cumsum(is_shared)])
    start = int((sums[length:] - sums[:-length]).argmax())
    return start, start + length
