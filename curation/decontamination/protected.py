"""The protected side: texts of benchmark tasks, indexed once, against which any number of training texts are held."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from curation.decontamination.boilerplate import (
    COMMON_FRAC,
    Flags,
    common_words,
    filtered,
    is_among,
    owners,
    wholly,
)
from curation.decontamination.grams import ALIGNED_WORDS, Grams, index_grams
from curation.duplicates.minhash import Signatures, signatures
from curation.duplicates.shingles import Hashes, Shingles, joined, text_shingles, windows
from schemas.errors import RecipeError

PROTECTED_SCHEMA = pl.Schema(
    {"protected_id": pl.String, "benchmark": pl.String, "task_key": pl.String, "text": pl.String}
)
"""What must be known of a protected text."""

SHORT_TEXTS = 4
"""A text of fewer than so many times `words` words is short. Ours."""


@dataclass(frozen=True, kw_only=True)
class Matching:
    """How alike a training text must be to a benchmark's before it counts as contaminated."""

    words: int = 13
    """Words of an n-gram. 13 is the most that GPT-3 used (arXiv 2005.14165, appendix C), and what lm-eval uses."""
    short_words: int = 8
    """Words of an n-gram of short texts: the least that GPT-3 used, and, from memory and unchecked, Tulu 3 (arXiv 2411.15124)."""
    coverage: float = 0.5
    """Least share of a protected text's own words that the training text must hold, in (0, 1]. The share is the measure of
    Llama 2 (arXiv 2307.09288, A.6) and, unchecked, Tulu 3, whose bound is a half too; that it is taken from an alignment is ours."""
    common_frac: float = COMMON_FRAC
    """Share of a benchmark's tasks above which windows of 5 words that they share are boilerplate, in (0, 1]. Ours."""

    def __post_init__(self) -> None:
        """Refuse what finds nothing, or everything.

        Raises:
            RecipeError: see the message.
        """
        if not ALIGNED_WORDS <= self.short_words <= self.words:
            raise RecipeError(
                f"`short_words` must be at least {ALIGNED_WORDS} and at most `words`, "
                f"got short_words={self.short_words}, words={self.words}."
            )
        for name in ("coverage", "common_frac"):
            if not 0 < getattr(self, name) <= 1:
                raise RecipeError(f"`{name}` must be above 0 and at most 1, got {getattr(self, name)!r}.")


@dataclass(frozen=True, kw_only=True, eq=False)
class Protected:
    """Protected texts that can be found: those of at least `short_words` words, not all of them boilerplate."""

    rows: pl.DataFrame
    """Under `PROTECTED_SCHEMA`, one row per text."""
    matching: Matching
    words: Shingles
    """Hashes of the words of each text."""
    is_own: Flags
    """Per word: it is no boilerplate."""
    grams: tuple[Grams, ...]
    """What finds texts that hold a passage of a protected one, for each size of n-gram."""
    signatures: Signatures
    """What finds texts that are nearly a protected one as a whole."""
    common_threes: Hashes
    """Windows of 3 words that are boilerplate, sorted."""


def index_protected(protected: pl.DataFrame, matching: Matching) -> Protected:
    """Index protected texts.

    Args:
        protected: rows under `PROTECTED_SCHEMA`; what is too short to be told from anything else is left out.
        matching: parameters of the search.
    """
    rows = protected.select(PROTECTED_SCHEMA.names()).cast(PROTECTED_SCHEMA).sort("protected_id", "text")
    words = joined(text_shingles(rows["text"], size=1))
    is_own = ~common_words(words, rows, common_frac=matching.common_frac)
    rows, words, is_own = _matchable(rows, words, is_own, matching.short_words)
    threes = windows(words.hashes, words.offsets, size=ALIGNED_WORDS)
    common_threes = np.unique(threes.hashes[wholly(threes, ~is_own, words, ALIGNED_WORDS)])
    is_short = words.counts < SHORT_TEXTS * matching.words
    sizes = ((matching.words, ~is_short), (matching.short_words, is_short))
    return Protected(
        rows=rows,
        matching=matching,
        words=words,
        is_own=is_own,
        grams=tuple(index_grams(words, is_own, size, chosen) for size, chosen in sizes),
        signatures=signatures([filtered(threes, ~is_among(threes.hashes, common_threes))])[0],
        common_threes=common_threes,
    )


def _matchable(
    rows: pl.DataFrame, words: Shingles, is_own: Flags, least: int
) -> tuple[pl.DataFrame, Shingles, Flags]:
    own_counts = np.bincount(owners(words)[is_own], minlength=rows.height)
    is_kept = (words.counts >= least) & (own_counts > 0)
    is_kept_word = np.repeat(is_kept, words.counts)
    offsets = np.concatenate([[0], np.cumsum(words.counts[is_kept])])
    kept = Shingles(hashes=words.hashes[is_kept_word], offsets=offsets)
    return rows.filter(pl.Series(is_kept, dtype=pl.Boolean)), kept, is_own[is_kept_word]
