"""An inverted index of n-grams: which protected texts have a window of n words."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from curation.decontamination.boilerplate import Flags, is_among, owners, wholly
from curation.duplicates.shingles import Hashes, Shingles, windows

ALIGNED_WORDS = 3
"""Words of the shortest stretch that counts as the same: single words of one language are shared by all texts. Ours."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Grams:
    """The n-grams of protected texts, boilerplate left out."""

    size: int
    hashes: Hashes
    """All of them, sorted, each once."""
    places: pl.DataFrame
    """`gram` and `protected_row`, each pair once."""

    def found_in(self, words: Shingles) -> pl.DataFrame:
        """Find the pairs that share an n-gram.

        Args:
            words: hashes of the words of some texts.

        Returns:
            `text_row` and `protected_row`, each pair once.
        """
        parts = windows(words.hashes, words.offsets, size=self.size)
        is_known = is_among(parts.hashes, self.hashes)
        known = pl.DataFrame({"text_row": owners(parts)[is_known], "gram": parts.hashes[is_known]})
        return known.unique().join(self.places, on="gram").select("text_row", "protected_row").unique()


def index_grams(words: Shingles, is_own: Flags, size: int, is_chosen: Flags) -> Grams:
    """Index the n-grams of some texts, but those that are boilerplate from end to end.

    Args:
        words: hashes of the words of each text.
        is_own: per word, whether it is no boilerplate.
        size: words of an n-gram.
        is_chosen: per text, whether its n-grams are wanted.
    """
    parts = windows(words.hashes, words.offsets, size=size)
    rows = owners(parts)
    is_kept = is_chosen[rows] & ~wholly(parts, ~is_own, words, size)
    places = pl.DataFrame({"gram": parts.hashes[is_kept], "protected_row": rows[is_kept]}).unique()
    return Grams(size=size, hashes=np.unique(parts.hashes[is_kept]), places=places)
