import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.signals.oscillations import PATTERN_LENGTHS, find_oscillations


def spans(names: str) -> list[tuple[int, int]]:
    calls = pl.DataFrame(
        {"trajectory_id": ["t"] * len(names), "name": list(names)}, schema_overrides={"name": pl.String}
    )
    return find_oscillations(calls, 3).select("start", "end").rows()


def test_finds_the_whole_of_the_repetition() -> None:
    assert spans("xABABABABy") == [(1, 8)]
    assert spans("ABCABCABC") == [(0, 8)]
    assert spans("ABABABA") == [(0, 5)]


def test_needs_two_tools_and_three_repetitions() -> None:
    assert spans("AAAAAAAA") == []
    assert spans("ABAB") == []
    assert spans("") == []


def test_thins_out_overlapping_finds_from_the_left() -> None:
    assert spans("ABABABCBCBC") == [(0, 5), (6, 11)] or spans("ABABABCBCBC") == [(0, 5)]


@settings(deadline=None)
@given(st.text("AB", max_size=24) | st.text("ABC", max_size=30))
def test_agrees_with_a_search_by_the_definition(names: str) -> None:
    assert spans(names) == _search(names)


def _search(names: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    start = 0
    while start < len(names):
        repeated = [
            (length, count)
            for length in PATTERN_LENGTHS
            if (count := _repetitions(names[start:], length)) >= 3
            and len(set(names[start : start + length])) > 1
        ]
        if repeated:
            length, count = repeated[0]
            end = start + length * count - 1
            found.append((start, end))
            start = end + 1 - length
        else:
            start += 1
    kept: list[tuple[int, int]] = []
    for span in sorted(found, key=lambda span: (span[0], -span[1])):
        if not kept or span[0] > kept[-1][1]:
            kept.append(span)
    return kept


def _repetitions(names: str, length: int) -> int:
    pattern, count = names[:length], 0
    while len(pattern) == length and names[count * length : (count + 1) * length] == pattern:
        count += 1
    return count
