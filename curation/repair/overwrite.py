"""CLEANER's overwrite rule (arXiv 2601.15141): what is left of a turn when a later one takes its place.

Both turns are split where the call begins. Below the least similarity of the call texts the whole later turn stays
(deep); else the earlier turn's words with the later turn's call (shallow). When a turn cannot be split, the whole later
turn stays.
"""

from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import reduce
from typing import Literal

import msgspec

from schemas.trajectory import Message, Origin

Compare = Literal["chained", "first"]
Spelling = Literal["hermes", "bare"]

MARKER = "<tool_call>"
END = "<|im_end|>"


def overwrite_all(
    turns: Sequence[Message], *, min_similarity: float, compare: Compare, spelling: Spelling, marker: str
) -> Message:
    """Overwrite the first of several turns with those after it.

    Args:
        turns: assistant messages with calls, two or more.
        min_similarity: least ratio of a shallow overwrite, in [0, 1].
        compare: `chained`: each turn with what the turns before it left, as published; `first`: the first with the last.
        spelling: see `call_text`.
        marker: see `call_text`.
    """
    compared = turns if compare == "chained" else (turns[0], turns[-1])

    def overwritten(old: Message, new: Message) -> Message:
        texts = call_text(old, spelling, marker), call_text(new, spelling, marker)
        if None in texts or not is_similar(str(texts[0]), str(texts[1]), min_similarity):
            return new
        return _with_words(new, old, marker)

    return msgspec.structs.replace(reduce(overwritten, compared), origin=Origin.REPAIRED)


def is_similar(old: str, new: str, least: float) -> bool:
    """Tell whether difflib's ratio of two call texts, the earlier one first, is `least` or more.

    The cheap ratios are upper bounds of the exact one, so that texts far apart are told apart without it.

    Examples:
        >>> is_similar("abcd", "abxy", 0.5), is_similar("abcd", "axyz", 0.5)
        (True, False)
    """
    matcher = SequenceMatcher(None, old, new)
    return matcher.real_quick_ratio() >= least and matcher.quick_ratio() >= least and matcher.ratio() >= least


def call_text(message: Message, spelling: Spelling, marker: str) -> str | None:
    """Give the text of a turn from the start of its first call to the end; null when it cannot be split there.

    Args:
        message: an assistant message.
        spelling: how calls that are stored as calls were sampled: `hermes` (JSON in `<tool_call>` tags, then the end of
            the turn: what the published rule compares) or `bare` (the JSON alone). The log does not say; arguments are
            taken as stored.
        marker: where the call begins in a turn whose calls are part of its text.
    """
    if not message.tool_calls:
        _, found, rest = (message.text or "").partition(marker)
        return found + rest if found and message.content_json is None else None
    bodies = [f'{{"name": "{call.name}", "arguments": {call.arguments}}}' for call in message.tool_calls]
    if message.text_calls:
        return None
    if spelling == "bare":
        return "\n".join(bodies)
    return "\n".join(f"{MARKER}\n{body}\n</tool_call>" for body in bodies) + END


def _with_words(message: Message, words: Message, marker: str) -> Message:
    """Put another turn's words before the calls of a turn."""
    text, content_json = words.text, words.content_json
    if not message.tool_calls:
        call = (message.text or "").partition(marker)
        text, content_json = f"{(words.text or '').partition(marker)[0]}{call[1]}{call[2]}", None
    return msgspec.structs.replace(
        message,
        text=text,
        content_json=content_json,
        reasoning=words.reasoning,
        completion_tokens=None,
        extra=None,
    )
