import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.decontamination.boilerplate import common_words, covered_words, filtered, is_among, wholly
from curation.duplicates.shingles import joined, text_shingles, windows

unhurried = settings(deadline=None)


def flags(texts: list[str], *, common_frac: float = 0.1, keys: list[str] | None = None) -> list[str]:
    """Give the words of each text that are common."""
    words = joined(text_shingles(pl.Series(texts, dtype=pl.String), size=1))
    tasks = pl.DataFrame({"benchmark": "b", "task_key": keys or [str(row) for row in range(len(texts))]})
    is_common = common_words(words, tasks, common_frac=common_frac)
    spelled = [word for text in texts for word in text.split()]
    assert len(is_common) == len(spelled)
    return [word for word, flag in zip(spelled, is_common.tolist(), strict=True) if flag]


def test_words_that_many_tasks_share_are_common() -> None:
    texts = [f"do all of this now own{row} left{row}" for row in range(6)]
    assert flags(texts) == ["do", "all", "of", "this", "now"] * 6


def test_few_tasks_make_nothing_common() -> None:
    assert flags(["do all of this now please"] * 4) == []


def test_the_texts_of_one_task_count_once() -> None:
    assert flags(["do all of this now please"] * 9, keys=["one"] * 9) == []


def test_what_a_small_share_of_the_tasks_has_is_not_common() -> None:
    texts = [f"a{row} b{row} c{row} d{row} e{row}" for row in range(95)] + ["do all of this now"] * 5
    assert flags(texts) == []
    assert len(flags(texts, common_frac=0.04)) == 25


@unhurried
@given(
    st.lists(st.lists(st.integers(0, 3), max_size=9), max_size=5),
    st.integers(1, 5),
)
def test_marks_of_windows_and_of_words_agree(documents: list[list[int]], size: int) -> None:
    texts = pl.Series(
        [" ".join(f"w{number}" for number in document) for document in documents], dtype=pl.String
    )
    words = joined(text_shingles(texts, size=1))
    parts = windows(words.hashes, words.offsets, size=size)
    known = np.unique(parts.hashes)[::2]
    is_marked = is_among(parts.hashes, known)
    assert is_marked.tolist() == [part in set(known.tolist()) for part in parts.hashes.tolist()]
    covered = covered_words(parts, is_marked, words)
    # A window that is marked lies wholly in marked words.
    assert wholly(parts, covered, words, size)[is_marked].all()
    assert covered.sum() <= is_marked.sum() * size
    assert covered.any() == is_marked.any()
    assert np.array_equal(filtered(parts, is_marked).hashes, parts.hashes[is_marked])
    assert filtered(parts, is_marked).counts.sum() == is_marked.sum()
