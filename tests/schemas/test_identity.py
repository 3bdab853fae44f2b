from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.identity import ID_CHARS, bucket_of, content_digest, digest

PARTS = st.lists(st.none() | st.integers(-(2**63), 2**63) | st.text(max_size=6), max_size=4)


@settings(deadline=None)
@given(PARTS, PARTS)
def test_only_equal_parts_share_an_id(left: list[str | int | None], right: list[str | int | None]) -> None:
    assert (digest(*left) == digest(*right)) == (left == right)


def test_ids_never_change() -> None:
    assert digest("task", "airline", "12") == "f946f2ec50483075413a7e81386e25ec"
    assert content_digest(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@settings(deadline=None)
@given(st.text(max_size=20), st.integers(1, 256))
def test_a_bucket_is_within_its_count(text: str, bucket_count: int) -> None:
    key = digest(text)
    assert len(key) == ID_CHARS
    assert 0 <= bucket_of(key, bucket_count) < bucket_count


@pytest.mark.parametrize("bucket_count", [1, 7, 64])
def test_buckets_fill_evenly(bucket_count: int) -> None:
    sizes = Counter(bucket_of(digest("task", index), bucket_count) for index in range(64 * 200))
    assert len(sizes) == bucket_count
    expected = 64 * 200 / bucket_count
    assert all(abs(size - expected) < 5 * expected**0.5 for size in sizes.values())
