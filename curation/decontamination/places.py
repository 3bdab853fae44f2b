"""Where the words of a text stand."""

import polars as pl


def word_places(text: str) -> list[tuple[int, int]]:
    """Give first character and end of each word, the same words as those of `text_shingles`.

    They are found by Polars, since Python's `re` does not count combining marks as parts of words.

    Examples:
        >>> word_places("Où est-ce?")
        [(0, 2), (3, 6), (7, 9)]
    """
    places, end = [], 0
    for word in pl.select(pl.lit(text).str.extract_all(r"\w+")).item():
        begin = text.index(word, end)
        end = begin + len(word)
        places.append((begin, end))
    return places
