"""Pairs of a training text and a protected text that are worth an alignment."""

import numpy as np
import polars as pl

from curation.decontamination.boilerplate import filtered, is_among
from curation.decontamination.grams import ALIGNED_WORDS
from curation.decontamination.protected import Protected
from curation.duplicates.bands import band_keys
from curation.duplicates.minhash import Signatures, signatures
from curation.duplicates.shingles import Places, Shingles, windows

NGRAM = "ngram"
NEAR_DUPLICATE = "near_duplicate"
METHODS = (NGRAM, NEAR_DUPLICATE)

BANDS = 37
"""Bands of a signature: 37 x 3 finds 92 % of the pairs that share 0.4 of their windows, 99 % of those that share 0.5."""
BAND_ROWS = 3


def candidate_pairs(words: Shingles, protected: Protected) -> pl.DataFrame:
    """Find pairs that share an n-gram, or whose texts as wholes may be nearly the same.

    Args:
        words: hashes of the words of some training texts.
        protected: what they are held against.

    Returns:
        `text_row`, `protected_row` and `method` (of both that of the n-gram), each pair once, sorted.
    """
    found = [
        pairs.with_columns(method=pl.lit(method))
        for method, several in (
            (NGRAM, [grams.found_in(words) for grams in protected.grams]),
            (NEAR_DUPLICATE, [_near_duplicates(words, protected)]),
        )
        for pairs in several
    ]
    rank = pl.col("method").cast(pl.Enum(METHODS)).min()
    pairs = pl.concat(found).group_by("text_row", "protected_row").agg(rank.cast(pl.String))
    return pairs.sort("text_row", "protected_row")


def _near_duplicates(words: Shingles, protected: Protected) -> pl.DataFrame:
    """Pair texts whose signatures agree in a band; boilerplate counts on neither side."""
    threes = windows(words.hashes, words.offsets, size=ALIGNED_WORDS)
    own = filtered(threes, ~is_among(threes.hashes, protected.common_threes))
    rows = np.flatnonzero(own.counts)
    signed = signatures([own])[0][rows]
    pairs = [
        _keyed(signed, band)
        .join(_keyed(protected.signatures, band), on="key", suffix="_protected")
        .select(text_row="row", protected_row="row_protected")
        for band in range(BANDS)
    ]
    numbers = pl.Series(rows, dtype=pl.Int64)
    found = pl.concat(pairs).unique()
    return found.with_columns(text_row=numbers.gather(found["text_row"]))


def _keyed(signed: Signatures, band: int) -> pl.DataFrame:
    rows: Places = np.arange(len(signed))
    keys = band_keys(
        signed[:, band * BAND_ROWS : (band + 1) * BAND_ROWS], np.zeros(len(signed), dtype=np.int64)
    )
    return pl.DataFrame({"row": rows, "key": keys})
