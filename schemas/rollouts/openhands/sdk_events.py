"""Read the typed events of the OpenHands SDK (V1, openhands-sdk 1.58.2) as the conversation that they tell.

Several `ActionEvent`s of one `llm_response_id` are one assistant turn. Each keeps its own fields on its call; the
parsed `action` only where it says other than the call's arguments. Times are naive local times and stay as they are.

Text of a result is the first of an observation's own texts that says something; how the scaffold framed it for the
model (working directory, exit code) is not in the log, and its parts stay in `extra`.

Read in real files: actions, observations, messages. From the sources only: system prompts, agent errors, rejections,
condensations, state updates, and content that the agent's context added (`extended_content`, told as parts).
"""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from schemas.rollouts.openhands.litellm_response import read_message
from schemas.rollouts.openhands.log import EventLog, call_names, drop_repeats, drop_tools, result_message
from schemas.rollouts.openhands.views import Event
from schemas.rollouts.parts.chat import read_content
from schemas.rollouts.parts.content_parts import read_any_content
from schemas.rollouts.parts.fields import ELEMENTS, INTEGER, TEXT, Fields, json_text
from schemas.rollouts.parts.peeking import peek
from schemas.trajectory import Message, Origin, Role, ToolCall

IDS = msgspec.json.Decoder(list[str])
RESULT_TEXTS = ("error", "content", "output", "message")
"""Where observations keep their text; an error stands in for the output."""


def read_events(history: Iterable[bytes], place: str) -> list[Event]:
    """Open the events of a log.

    Raises:
        RecordFault: one has no `kind`, or no id where it needs one.
    """
    return [_event(raw, f"{place}[{index}]") for index, raw in enumerate(history)]


def converse(events: Sequence[Event]) -> list[Message]:
    """Make the linked messages of events.

    Raises:
        RecordFault: an event is not what its kind promises.
    """
    log = EventLog()
    for event in events:
        READERS[event.kind](log, Fields(event.raw, event.place))
    return log.messages


def _event(raw: bytes, place: str) -> Event:
    fields = Fields(raw, place)
    kind, name = fields.require("kind", TEXT), fields.take("id", TEXT)
    if kind != "Condensation":
        return Event(raw, place, kind, name, kind in READERS)
    forgotten = frozenset(fields.take("forgotten_event_ids", IDS) or ())
    offset = None if fields.take("summary", TEXT) is None else fields.take("summary_offset", INTEGER)
    return Event(raw, place, kind, name, False, forgotten, offset)


def _say_system(log: EventLog, fields: Fields) -> None:
    """Tell the system prompt, and as a second part what varies between conversations."""
    drop_tools(fields, log)
    parts = [
        raw for name in ("system_prompt", "dynamic_context") if (raw := fields.take_raw(name)) is not None
    ]
    text, content_json = _parts(b"[" + b",".join(parts) + b"]")
    message = Message(seq=0, role=Role.SYSTEM, origin=Origin.SCRIPTED, text=text, content_json=content_json)
    log.say(replace(message, extra=fields.rest()))


def _say_message(log: EventLog, fields: Fields) -> None:
    said = fields.take_object("llm_message")
    calls = tuple(_call(call) for call in said.take_objects("tool_calls"))
    message = read_message(said)
    text, content_json = _extended(fields, message.text, message.content_json)
    fields.put("llm_message", message.extra)
    log.say(replace(message, text=text, content_json=content_json, tool_calls=calls, extra=fields.rest()))


def _act(log: EventLog, fields: Fields) -> None:
    response = fields.require("llm_response_id", TEXT)
    name = peek(fields, "id", TEXT)
    call = _call(fields.take_object("tool_call"))
    _drop_same(fields, "tool_name", call.name)
    _drop_same(fields, "tool_call_id", call.call_id)
    drop_repeats(fields, "action", call.arguments)
    seq = log.turn(response.encode())
    if seq is None:
        seq = log.open_turn(response.encode(), _turn(fields, response))
    told = Fields((call.extra or "{}").encode(), "tool_call")
    told.put("event", fields.rest())
    index = log.add_call(seq, replace(call, extra=told.rest()))
    log.name_call((seq, index), call_names(name, call.call_id))


def _turn(fields: Fields, response: str) -> Message:
    """Make the message of a response from the first event that tells of it, whose thought is the response's text."""
    text, content_json = read_any_content(fields, "thought")
    shared = Fields(b"{}", "$")
    for name in ("thinking_blocks", "responses_reasoning_item", "reasoning_details"):
        raw = fields.take_raw(name)
        shared.put(name, None if raw is None else raw.decode())
    shared.put("llm_response_id", json_text(response))
    return Message(
        seq=0,
        role=Role.ASSISTANT,
        origin=Origin.SAMPLED,
        text=text,
        content_json=content_json,
        reasoning=fields.take("reasoning_content", TEXT),
        extra=shared.rest(),
    )


def _call(fields: Fields) -> ToolCall:
    name, call_id = fields.require("name", TEXT), fields.take("id", TEXT)
    return ToolCall(
        name=name, arguments=fields.take("arguments", TEXT) or "", call_id=call_id, extra=fields.rest()
    )


def _observe(log: EventLog, fields: Fields) -> None:
    observation = fields.take_object("observation")
    text, content_json = _result_text(observation)
    text, content_json = _extended(fields, text, content_json)
    fields.put("observation", observation.rest())
    _answer(log, fields, text, content_json)


def _reject(log: EventLog, fields: Fields) -> None:
    _answer(log, fields, fields.take("rejection_reason", TEXT), None)


def _fail(log: EventLog, fields: Fields) -> None:
    _answer(log, fields, fields.take("error", TEXT), None)


def _answer(log: EventLog, fields: Fields, text: str | None, content_json: str | None) -> None:
    name, call_id = fields.take("tool_name", TEXT), fields.take("tool_call_id", TEXT)
    action = peek(fields, "action_id", TEXT)
    message = result_message(text, name=name, call_id=call_id, extra=fields.rest())
    log.answer(replace(message, content_json=content_json), call_names(action, call_id))


def _result_text(observation: Fields) -> tuple[str | None, str | None]:
    """Take the first text that says something, else the first that there is; parts keep their exact JSON."""
    raws = {name: raw for name in RESULT_TEXTS if (raw := observation.take_raw(name)) is not None}
    telling = [name for name, raw in raws.items() if raw.startswith((b'"', b"["))]
    chosen = next((name for name in telling if raws[name] not in {b'""', b"[]"}), next(iter(telling), None))
    for name, raw in raws.items():
        if name != chosen:
            observation.put(name, raw.decode())
    return (None, None) if chosen is None else _parts(raws[chosen])


def _extended(fields: Fields, text: str | None, content_json: str | None) -> tuple[str | None, str | None]:
    """Add the parts that the agent's context put behind a message; how many they are stays in the event."""
    added = fields.take("extended_content", ELEMENTS)
    if not added:
        return text, content_json
    fields.put("extended_count", json_text(len(added)))
    own = content_json or json_text([] if text is None else [{"type": "text", "text": text}])
    parts = ELEMENTS.decode(own if own.startswith("[") else f"[{own}]")
    return _parts(json_text([*parts, *added]).encode())


def _parts(content: bytes) -> tuple[str | None, str | None]:
    """Read a string or parts; one plain text part is a text."""
    fields = Fields(b"{}", "$")
    fields.put("content", content.decode())
    text, content_json = read_content(fields, "content")
    is_lone = content_json is not None and msgspec.json.decode(content_json) == [
        {"type": "text", "text": text}
    ]
    return text, None if is_lone else content_json


def _drop_same(fields: Fields, name: str, known: str | None) -> None:
    """Drop a field that says once more what the call says."""
    told = fields.take(name, TEXT)
    if told is not None and told != known:
        fields.put(name, json_text(told))


def _say_summary(log: EventLog, fields: Fields) -> None:
    summary = fields.take("summary", TEXT)
    log.say(Message(seq=0, role=Role.USER, origin=Origin.INJECTED, text=summary, extra=fields.rest()))


READERS = {
    "SystemPromptEvent": _say_system,
    "MessageEvent": _say_message,
    "ActionEvent": _act,
    "ObservationEvent": _observe,
    "UserRejectObservation": _reject,
    "AgentErrorEvent": _fail,
    "CondensationSummaryEvent": _say_summary,
    "Condensation": _say_summary,
}
"""The kinds of event that a prompt is made of."""
