"""Full-duplex simulations of tau2: agent and user speak in ticks of a fraction of a second, often at once.

Read from the source and its test data (a2c0247): there is no message list, so it is derived as tau2 does, by time.
Speech of one side that nothing interrupts is one message, however many ticks it takes; silence is none. What else a
tick tells (times, audio effects, turn taking) stays with the trajectory, tick by tick.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from schemas.rollouts.parts.fields import ELEMENTS, TEXT, Fields, json_text

SIDES = (("assistant", "agent"), ("user", "user"))


class _Event(NamedTuple):
    """Something said, called or answered within a tick."""

    timestamp: str
    role: str
    text: str | None
    utterances: frozenset[str]
    fields: Fields | None
    """The message, when it is more than speech."""


def take_messages(ticks: Iterable[Fields]) -> list[Fields]:
    """Take what was said, called and answered out of ticks, as messages in time order.

    Raises:
        RecordFault: a tick is not what tau2 writes.
    """
    events = [event for tick in ticks for event in _events(tick)]
    events.sort(key=lambda event: event.timestamp)
    messages: list[Fields] = []
    run: list[_Event] = []
    for event in events:
        if run and (event.fields is not None or event.role != run[-1].role):
            messages.append(_speech(run))
            run = []
        if event.fields is None:
            run.append(event)
        else:
            messages.append(event.fields)
    return [*messages, _speech(run)] if run else messages


def _events(tick: Fields) -> Iterator[_Event]:
    time = tick.require("timestamp", TEXT)
    tick.put("timestamp", json_text(time))
    for role, side in SIDES:
        chunk = tick.take_object(f"{side}_chunk")
        spoken_at = chunk.take("timestamp", TEXT)
        chunk.put("timestamp", None if spoken_at is None else json_text(spoken_at))
        text = chunk.take("content", TEXT)
        calls = tick.take(f"{side}_tool_calls", ELEMENTS)
        utterances = _utterances(chunk)
        if calls:
            message = Fields(
                json_text({"role": role, "content": text, "tool_calls": calls}).encode(), "$.ticks"
            )
            yield _Event(spoken_at or time, role, text, utterances, message)
        elif text:
            yield _Event(spoken_at or time, role, text, utterances, None)
        tick.put(f"{side}_chunk", chunk.rest())
        for result in tick.take_objects(f"{side}_tool_results"):
            answered_at = result.take("timestamp", TEXT)
            result.put("timestamp", None if answered_at is None else json_text(answered_at))
            yield _Event(answered_at or time, "tool", None, frozenset(), result)


def _utterances(chunk: Fields) -> frozenset[str]:
    raw = chunk.take("utterance_ids", ELEMENTS)
    if raw is None:
        return frozenset()
    chunk.put("utterance_ids", json_text(raw))
    return frozenset(bytes(element).decode() for element in raw)


def _speech(run: list[_Event]) -> Fields:
    """Join pieces as tau2 does: a space between different utterances, nothing within one."""
    text = ""
    before: frozenset[str] = frozenset()
    for event in run:
        is_new = bool(text and before and event.utterances and before.isdisjoint(event.utterances))
        text += f" {event.text}" if is_new else event.text or ""
        before = event.utterances
    spoken = {"role": run[0].role, "content": text, "timestamp": run[0].timestamp}
    return Fields(json_text(spoken).encode(), "$.ticks")
