"""Hits: the places where a training trajectory holds a protected text, each verified by an alignment."""

from collections.abc import Iterator

import polars as pl

from curation.decontamination.alignment import Alignment, align
from curation.decontamination.places import word_places
from curation.decontamination.protected import Protected
from curation.decontamination.search import candidate_pairs
from curation.decontamination.texts import PRIVATE_FIELD
from curation.duplicates.shingles import Hashes, Shingles, joined, text_shingles

BATCH_BYTES = 1 << 23
"""Text that is searched at once."""
EXCERPT_CHARS = 300
"""Characters of an excerpt at most; `begin` and `end` say how long the match is."""

HIT_SCHEMA = pl.Schema(
    {
        "trajectory_id": pl.String,
        "seq": pl.Int64,
        "field": pl.String,
        "protected_id": pl.String,
        "benchmark": pl.String,
        "task_key": pl.String,
        "method": pl.String,
        "coverage": pl.Float64,
        "excerpt": pl.String,
        "begin": pl.Int64,
        "end": pl.Int64,
        "protected_begin": pl.Int64,
        "protected_end": pl.Int64,
    }
)
"""Columns of hits.

`seq` and `field` say where the training text stands, see `TEXT_SCHEMA`; `method` what found the pair, `ngram` or
`near_duplicate`; `coverage` is the share of the protected text's own words that the training text holds in order, in
[0, 1]; `begin` and `end` are the places of the longest common passage in the training text (code points, from 0, the end
behind the last), of which `excerpt` gives the first 300 (null in a private instruction); `protected_begin` and `protected_end` are its places in the
protected text, which itself is not shown: it may be private.
"""


def find_hits(texts: pl.DataFrame, protected: Protected) -> pl.DataFrame:
    """Find the training texts that hold protected ones.

    Equal texts are looked at once. Memory is bounded by the texts given: give those of one bucket at a time.

    Args:
        texts: rows under `TEXT_SCHEMA`.
        protected: what they are held against.

    Returns:
        Rows under `HIT_SCHEMA`, sorted: one for each text and protected text of at least the coverage that is asked for.
    """
    distinct = texts.select(pl.col("text").unique(maintain_order=True))
    sizes = distinct["text"].str.len_bytes().cast(pl.Int64)
    batches = distinct.with_columns(batch=sizes.cum_sum() // BATCH_BYTES).partition_by("batch")
    found = [hit for batch in batches for hit in _hits_of(batch["text"], protected)]
    told = pl.DataFrame(found, schema={"text": pl.String, **dict(list(HIT_SCHEMA.items())[3:])})
    is_shown = pl.col("field") != PRIVATE_FIELD
    hits = texts.join(told, on="text").with_columns(excerpt=pl.when(is_shown).then("excerpt"))
    hits = hits.select(HIT_SCHEMA.names())
    return hits.sort("trajectory_id", "seq", "field", "protected_id", "protected_begin")


def worst_hits(hits: pl.DataFrame) -> pl.DataFrame:
    """Give the verdict upon each trajectory that has a hit: the one with the highest coverage, the first of several.

    Returns:
        Rows under `HIT_SCHEMA` with `hit_count`, one per trajectory, sorted.
    """
    order = ["trajectory_id", "coverage", "benchmark", "task_key", "seq", "field", "protected_id"]
    return (
        hits.with_columns(hit_count=pl.len().cast(pl.Int64).over("trajectory_id"))
        .sort(order, descending=[name == "coverage" for name in order])
        .unique("trajectory_id", keep="first", maintain_order=True)
    )


def _hits_of(texts: pl.Series, protected: Protected) -> Iterator[dict[str, object]]:
    words = joined(text_shingles(texts, size=1))
    for text, row, method in candidate_pairs(words, protected).iter_rows():
        alignment = _aligned(words, text, protected, row)
        if _is_hit(alignment, protected):
            yield _hit(texts[text], protected, row, alignment) | {"method": method}


def _aligned(words: Shingles, text: int, protected: Protected, row: int) -> Alignment:
    places = slice(protected.words.offsets[row], protected.words.offsets[row + 1])
    return align(
        protected.words.hashes[places],
        protected.is_own[places],
        _of(words, text),
        floor=protected.matching.coverage,
    )


def _of(words: Shingles, row: int) -> Hashes:
    return words.hashes[words.offsets[row] : words.offsets[row + 1]]


def _is_hit(alignment: Alignment, protected: Protected) -> bool:
    """Ask for a number of words too: half of a text may be two of them."""
    matching = protected.matching
    return alignment.coverage >= matching.coverage and alignment.matched_words >= matching.short_words


def _hit(text: str, protected: Protected, row: int, alignment: Alignment) -> dict[str, object]:
    told = protected.rows.row(row, named=True)
    begin, end = _span(text, alignment.text_word, alignment.block_words)
    protected_begin, protected_end = _span(told.pop("text"), alignment.protected_word, alignment.block_words)
    return told | {
        "text": text,
        "coverage": alignment.coverage,
        "excerpt": text[begin : min(end, begin + EXCERPT_CHARS)],
        "begin": begin,
        "end": end,
        "protected_begin": protected_begin,
        "protected_end": protected_end,
    }


def _span(text: str, first: int, count: int) -> tuple[int, int]:
    places = word_places(text)
    return places[first][0], places[first + count - 1][1]
