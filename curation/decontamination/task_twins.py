"""Task twins: tasks whose texts are nearly the same, under one key, so that a split leaves them on one side."""

import numpy as np
import polars as pl

from curation.decontamination.boilerplate import COMMON_FRAC, common_words, filtered, is_among, wholly
from curation.decontamination.grams import ALIGNED_WORDS
from curation.decontamination.search import BAND_ROWS, BANDS
from curation.duplicates.keepers import first_of_cluster
from curation.duplicates.minhash import signatures
from curation.duplicates.search import Documents, Pairs, similar_pairs
from curation.duplicates.shingles import Places, Shingles, joined, text_shingles, windows

SIMILARITY = 0.4
"""Least true Jaccard similarity of the windows of 3 words of two tasks that are twins. Ours: at 0.4 the airline tasks of tau2
meet those of tau-bench that they were made of, at 0.5 half of them do not."""


def task_twins(tasks: pl.DataFrame, *, similarity: float = SIMILARITY) -> dict[str, str]:
    """Cluster tasks whose texts are near-duplicates, be it through others.

    Ours: MinHash and bands find pairs, their true similarity is measured, and pairs link clusters. The key of a cluster is
    its smallest task id. It depends on no order, and a new task changes it only when it is a twin and has a smaller id.

    Args:
        tasks: `task_id`, `benchmark`, `task_key` and `text`, one row per task; null is a task without a known text.
        similarity: least Jaccard similarity of twins, in (0, 1].

    Returns:
        The key of each task that has a twin.
    """
    rows = tasks.drop_nulls("text").sort("task_id")
    words = joined(text_shingles(rows["text"], size=1))
    is_common = common_words(words, rows, common_frac=COMMON_FRAC)
    threes = windows(words.hashes, words.offsets, size=ALIGNED_WORDS)
    boilerplate = np.unique(threes.hashes[wholly(threes, is_common, words, ALIGNED_WORDS)])
    own = filtered(threes, ~is_among(threes.hashes, boilerplate))
    pairs = _similar(own, similarity)
    keepers = first_of_cluster(rows.height, pairs).keepers
    ids = rows["task_id"]
    twins = np.union1d(pairs.left, pairs.right)
    return dict(zip(ids.gather(twins), ids.gather(keepers[twins]), strict=True))


def _similar(own: Shingles, similarity: float) -> Pairs:
    """Search the documents that have a window of their own."""
    known = np.flatnonzero(own.counts)

    def read(rows: Places) -> Shingles:
        return joined(_document(own, int(row)) for row in known[rows])

    documents = Documents(
        signatures=signatures([own])[0][known],
        scopes=np.zeros(len(known), dtype=np.int64),
        sizes=own.counts[known],
    )
    found = similar_pairs(documents, read, threshold=similarity, bands=BANDS, rows=BAND_ROWS)
    return found.renumbered(known)


def _document(own: Shingles, row: int) -> Shingles:
    start, end = own.offsets[row : row + 2].tolist()
    return Shingles(hashes=own.hashes[start:end], offsets=np.array([0, end - start]))
