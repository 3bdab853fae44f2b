from hypothesis import given
from hypothesis import strategies as st

from schemas.alignment import Change, Said, align, changed_words, said

MESSAGES = st.lists(st.builds(Said, st.sampled_from(["user", "assistant"]), st.sampled_from(["a", "b", "c"])))


def lines(*words: str) -> list[Said]:
    """Write messages as `role words`."""
    return [Said(*line.split(" ", maxsplit=1)) for line in words]


def changes(before: list[Said], after: list[Said]) -> list[tuple[str, int | None, int | None]]:
    return [(place.change.value, place.before, place.after) for place in align(before, after)]


@given(MESSAGES, MESSAGES)
def test_every_message_stands_at_one_place_in_order_and_kept_ones_are_equal(
    before: list[Said], after: list[Said]
) -> None:
    places = align(before, after)
    assert [place.before for place in places if place.before is not None] == list(range(len(before)))
    assert [place.after for place in places if place.after is not None] == list(range(len(after)))
    for change, old, new in places:
        assert (old is None, new is None) == (change is Change.ADDED, change is Change.REMOVED)
        if old is not None and new is not None:
            assert before[old].role == after[new].role
            assert (before[old] == after[new]) or change is Change.CHANGED
            assert change is not Change.KEPT or before[old] == after[new]


@given(MESSAGES)
def test_a_conversation_beside_itself_is_kept_whole(messages: list[Said]) -> None:
    assert all(change is Change.KEPT for change, _, _ in align(messages, messages))


def test_a_rolled_back_turn_is_changed_and_its_failure_removed() -> None:
    before = lines(
        "user help", "assistant look(x)", "tool Error", "assistant look(y)", "tool found", "user thanks"
    )
    after = lines("user help", "assistant try look(y)", "tool found", "user thanks")
    assert changes(before, after) == [
        ("kept", 0, 0),
        ("changed", 1, 1),
        ("removed", 2, None),
        ("removed", 3, None),
        ("kept", 4, 2),
        ("kept", 5, 3),
    ]


@given(st.text(), st.text())
def test_pieces_join_to_both_texts(before: str, after: str) -> None:
    pieces = changed_words(before, after)
    assert "".join(piece.text for piece in pieces if piece.change is not Change.ADDED) == before
    assert "".join(piece.text for piece in pieces if piece.change is not Change.REMOVED) == after


def test_long_texts_are_compared_by_lines() -> None:
    text = "one two three\n" * 5_000
    pieces = changed_words(text + "a b\n", text + "a c\n")
    assert [piece.text for piece in pieces] == [text, "a b\n", "a c\n"]


def test_what_counts_of_a_message_is_its_reasoning_text_and_calls() -> None:
    row = {"role": "assistant", "text": "I look.", "reasoning": "hm", "content_json": None}
    calls = [{"name": "look", "arguments": '{"x": 1}'}]
    assert said({**row, "tool_calls": calls}) == Said("assistant", 'hm\nI look.\nlook({"x": 1})')
    assert said({**row, "text": None, "content_json": "[1]", "tool_calls": []}).words == "hm\n[1]"
