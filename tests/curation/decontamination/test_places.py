import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.decontamination.places import word_places
from curation.duplicates.shingles import joined, text_shingles

unhurried = settings(deadline=None)


@unhurried
@given(st.text())
def test_places_are_those_of_the_words_that_are_hashed(text: str) -> None:
    places = word_places(text)
    hashed = joined(text_shingles(pl.Series([text]), size=1))
    assert len(places) == len(hashed.hashes)
    spelled = pl.Series([text[begin:end] for begin, end in places], dtype=pl.String)
    assert joined(text_shingles(spelled, size=1)).hashes.tolist() == hashed.hashes.tolist()
