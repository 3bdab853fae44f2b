"""Messages without some of their calls and the results of these."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from schemas.trajectory import Message, Origin, Role


def without_calls(messages: Sequence[Message], places: Sequence[Mapping[str, Any]]) -> Iterator[Message]:
    """Leave calls out.

    Args:
        messages: of one trajectory.
        places: a row per call: `seq` of its message, its `index` there, `result_seq`, `takes_turn` (the message goes,
            too) and `keeps_words` (but its text moves to the agent's next message, or stays alone when none comes).
    """
    dropped = {(place["seq"], place["index"]) for place in places}
    results = {place["result_seq"] for place in places}
    turns = {place["seq"]: place for place in places}
    waiting: list[Message] = []
    for message in messages:
        place = turns.get(message.seq)
        if message.seq in results:
            continue
        if place is not None and place["takes_turn"]:
            waiting += [message] if place["keeps_words"] else []
            continue
        rest = message if place is None else _without(message, dropped)
        yield _with_words(rest, waiting) if waiting and rest.role is Role.ASSISTANT else rest
        waiting = [] if rest.role is Role.ASSISTANT else waiting
    if waiting:
        yield _with_words(_changed(waiting[-1], tool_calls=()), waiting[:-1])


def _without(message: Message, dropped: set[tuple[int, int]]) -> Message:
    calls = tuple(
        call for index, call in enumerate(message.tool_calls) if (message.seq, index) not in dropped
    )
    return _changed(message, tool_calls=calls)


def _with_words(message: Message, earlier: Sequence[Message]) -> Message:
    """Put the words of earlier messages before those of a message, each text once."""
    texts = [one.text for one in (*earlier, message) if one.text]
    return _changed(message, text="\n\n".join(dict.fromkeys(texts)))


def _changed(message: Message, **fields: Any) -> Message:
    return msgspec.structs.replace(
        message, origin=Origin.REPAIRED, completion_tokens=None, extra=None, content_json=None, **fields
    )
