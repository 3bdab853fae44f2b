"""Two conversations side by side: which messages stayed, changed, went and came, and within them which words.

Pure and small, so that the command line and the dashboard show a repair alike.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any, NamedTuple

WORD = re.compile(r"\w+|\s+|[^\w\s]")
LONG_CHARS = 20_000
"""Above this, texts are compared by lines: words would take minutes."""


class Change(StrEnum):
    """What became of a message, or of a piece of text."""

    KEPT = "kept"
    CHANGED = "changed"
    REMOVED = "removed"
    ADDED = "added"


class Said(NamedTuple):
    """What counts of a message when two are compared."""

    role: str
    words: str
    """Reasoning, text and calls, each on lines of their own."""


class Place(NamedTuple):
    """One row of two conversations side by side."""

    change: Change
    before: int | None
    """Index of the message of the first conversation; null for one that is added."""
    after: int | None
    """Index of the message of the second; null for one that is removed."""


class Piece(NamedTuple):
    """A piece of text that stayed, went or came."""

    change: Change
    text: str


def said(message: Mapping[str, Any]) -> Said:
    """Give what counts of a row of `messages`: its role, and its reasoning, text and calls as one text."""
    calls = [f"{call['name']}({call['arguments']})" for call in message["tool_calls"]]
    text = message["content_json"] if message["text"] is None else message["text"]
    parts = (message["reasoning"], text, *calls)
    return Said(message["role"], "\n".join(part for part in parts if part))


def align(before: Sequence[Said], after: Sequence[Said]) -> list[Place]:
    """Lay two conversations side by side, in order.

    Equal messages are kept; between them, messages of one role stand for each other in order and are changed.

    Returns:
        One place per row; each message of both is at exactly one.
    """
    start = _common_start(before, after)
    end = _common_start(before[start:][::-1], after[start:][::-1])
    middle = _aligned(before[start : len(before) - end], after[start : len(after) - end])
    shift = len(after) - len(before)
    return [
        *(Place(Change.KEPT, index, index) for index in range(start)),
        *(Place(change, _moved(old, start), _moved(new, start)) for change, old, new in middle),
        *(Place(Change.KEPT, index, index + shift) for index in range(len(before) - end, len(before))),
    ]


def changed_words(before: str, after: str) -> list[Piece]:
    """Tell two texts apart word by word; the kept and removed pieces join to the first, kept and added to the second.

    Examples:
        >>> [f"{piece.change}: {piece.text}" for piece in changed_words("book it", "cancel it")]
        ['removed: book', 'added: cancel', 'kept:  it']
    """
    old, new = _tokens(before), _tokens(after)
    matcher = SequenceMatcher(None, old, new, autojunk=len(old) + len(new) > LONG_CHARS // 10)
    pieces: list[Piece] = []
    for tag, old_begin, old_end, new_begin, new_end in matcher.get_opcodes():
        if tag == "equal":
            pieces.append(Piece(Change.KEPT, "".join(old[old_begin:old_end])))
            continue
        gone, come = "".join(old[old_begin:old_end]), "".join(new[new_begin:new_end])
        pieces += [Piece(change, text) for change, text in zip(_EDITS, (gone, come), strict=True) if text]
    return pieces


_EDITS = (Change.REMOVED, Change.ADDED)


def _tokens(text: str) -> list[str]:
    return text.splitlines(keepends=True) if len(text) > LONG_CHARS else WORD.findall(text)


def _common_start(left: Sequence[Said], right: Sequence[Said]) -> int:
    pairs = enumerate(zip(left, right, strict=False))
    return next((index for index, (one, other) in pairs if one != other), min(len(left), len(right)))


def _aligned(before: Sequence[Said], after: Sequence[Said]) -> Iterator[Place]:
    """Align conversations that differ at both ends."""
    for tag, old_begin, old_end, new_begin, new_end in SequenceMatcher(
        None, before, after, autojunk=False
    ).get_opcodes():
        if tag == "equal":
            for index in range(old_end - old_begin):
                yield Place(Change.KEPT, old_begin + index, new_begin + index)
            continue
        for change, old, new in _replaced(before[old_begin:old_end], after[new_begin:new_end]):
            yield Place(change, _moved(old, old_begin), _moved(new, new_begin))


def _replaced(before: Sequence[Said], after: Sequence[Said]) -> Iterator[Place]:
    """Pair messages by role alone; what has no counterpart went or came."""
    roles = SequenceMatcher(None, [one.role for one in before], [one.role for one in after], autojunk=False)
    for tag, old_begin, old_end, new_begin, new_end in roles.get_opcodes():
        if tag == "equal":
            for index in range(old_end - old_begin):
                yield Place(Change.CHANGED, old_begin + index, new_begin + index)
            continue
        for index in range(old_begin, old_end):
            yield Place(Change.REMOVED, index, None)
        for index in range(new_begin, new_end):
            yield Place(Change.ADDED, None, index)


def _moved(index: int | None, by: int) -> int | None:
    return None if index is None else index + by
