import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.decontamination.alignment import NOTHING, Alignment, align

unhurried = settings(deadline=None)
LETTERS = st.lists(st.integers(1, 6), min_size=3, max_size=25)


def aligned(protected: str, text: str, *, common: str = "", floor: float = 0.0) -> Alignment:
    """Align texts word by word; words of `common` are boilerplate."""
    numbers = {word: number for number, word in enumerate(sorted({*protected.split(), *text.split()}))}
    own, other = (
        np.array([numbers[word] for word in one.split()], dtype=np.uint64) for one in (protected, text)
    )
    is_own = np.array([word not in common.split() for word in protected.split()])
    return align(own, is_own, other, floor=floor)


def test_blocks_count_from_three_words_on() -> None:
    assert aligned("a b c d e f g h", "x a b c d y g h z") == Alignment(
        coverage=0.5, matched_words=4, protected_word=0, text_word=1, block_words=4
    )


def test_boilerplate_is_no_part_of_the_share() -> None:
    found = aligned("t t2 t3 t4 a b c d", "t t2 t3 t4 x y", common="t t2 t3 t4")
    assert (found.coverage, found.matched_words) == (0.0, 4)
    assert aligned("t t2 t3 t4 a b c d", "x a b c d", common="t t2 t3 t4").coverage == 1.0


def test_a_passage_is_found_far_into_a_long_text() -> None:
    filler = " ".join(f"w{number}" for number in range(5_000))
    found = aligned("a b c d e", f"a b c {filler} a b c d e {filler}")
    assert (found.coverage, found.text_word, found.block_words) == (1.0, 5_003, 5)


def test_what_cannot_reach_the_floor_is_nothing() -> None:
    assert aligned("a b c d e f g h", "a b c d", floor=0.6) == NOTHING
    assert aligned("a b c d e f g h", "a b c d", floor=0.5).coverage == 0.5


@unhurried
@given(LETTERS, LETTERS)
def test_the_longest_block_is_in_both_texts(protected: list[int], text: list[int]) -> None:
    own, other = (np.array(words, dtype=np.uint64) for words in (protected, text))
    found = align(own, np.ones(len(own), dtype=bool), other, floor=0.0)
    places = slice(found.protected_word, found.protected_word + found.block_words)
    assert protected[places] == text[found.text_word : found.text_word + found.block_words]
    assert 0 <= found.coverage <= 1
    assert found.matched_words == round(found.coverage * len(own))
    assert align(own, np.ones(len(own), dtype=bool), own, floor=1.0).coverage == 1.0
