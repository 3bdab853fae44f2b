"""Lines of a Codex rollout file: what the model saw, and the events around it.

New files wrap each line (`timestamp`, `type`, `payload`); old ones hold the items bare, behind a first line of facts.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from schemas.rollouts.parts.fields import TEXT, Fields, json_text
from schemas.rollouts.raw.log_lines import Log

LINE_TYPES = frozenset({"session_meta", "turn_context", "response_item", "event_msg", "compacted"})
BARE_FACTS = frozenset({"id", "timestamp", "instructions"})
"""Fields of the first line of a file without wrapping."""
EVENT_TEXTS = {"user_message": "message", "agent_message": "message", "agent_reasoning": "text"}
"""Events for the screen, and the field in which they repeat what an item says."""


class Line(NamedTuple):
    """One line, unwrapped."""

    kind: str
    """One of `LINE_TYPES`; empty for a line of another kind."""
    raw: bytes
    """All of it, as it lies in the file."""
    payload: bytes
    """The JSON of what it holds."""
    wrapping: str | None
    """What the wrapping tells beside, as a JSON object: the time."""


class _Event(msgspec.Struct, gc=False):
    type: str | None = None
    reason: str | None = None
    num_turns: int | None = None


EVENT = msgspec.json.Decoder(_Event)


def unwrap_lines(log: Log) -> list[Line]:
    """Tell the lines of both kinds of files apart."""
    return [_unwrapped(line.raw) for line in log.lines]


def is_wrapped(record: dict[str, object]) -> bool:
    """Tell a wrapped line."""
    kind = record.get("type")
    return isinstance(kind, str) and kind in LINE_TYPES and isinstance(record.get("payload"), dict)


def is_bare_start(record: dict[str, object]) -> bool:
    """Tell the first line of a file without wrapping; other data may have such fields, so it alone proves nothing."""
    return record.keys() >= BARE_FACTS and "type" not in record


def read_event(line: Line) -> _Event:
    """Read what of an event changes the conversation; of one with other types there, nothing."""
    try:
        return EVENT.decode(line.payload)
    except msgspec.ValidationError:
        return _Event()


def line_extra(line: Line, said: frozenset[str]) -> str:
    """Write a line that is no item for `extra`, without what messages hold in the same words."""
    if line.kind not in {"event_msg", "compacted"}:
        return line.raw.decode()
    fields = Fields(line.raw, "$")
    payload = fields.take_object("payload")
    if line.kind == "event_msg":
        name = EVENT_TEXTS.get(read_event(line).type or "", "")
        text = payload.take_if(name, TEXT)
        if text is not None and text not in said:
            payload.put(name, json_text(text))
    elif payload.take_raw("replacement_history") is None:
        payload.take_if("message", TEXT)
    fields.put("payload", payload.rest())
    return fields.rest() or "{}"


def texts_of(items: Iterable[bytes]) -> Iterator[str]:
    """Give all texts that items say: of messages, and of reasoning and its summaries."""
    for raw in items:
        item = msgspec.json.decode(raw)
        for name in ("content", "summary"):
            parts = item.get(name) if isinstance(item, dict) else None
            for part in parts if isinstance(parts, list) else ():
                text = part.get("text") if isinstance(part, dict) else None
                if isinstance(text, str):
                    yield text


def _unwrapped(raw: bytes) -> Line:
    record = msgspec.json.decode(raw)
    if not isinstance(record, dict):
        return Line("", raw, b"{}", None)
    if is_bare_start(record):
        return Line("session_meta", raw, raw, None)
    if _is_item(record):
        return Line("response_item", raw, raw, None)
    if not is_wrapped(record) or (record["type"] == "response_item" and not _is_item(record["payload"])):
        return Line("", raw, b"{}", None)
    fields = Fields(raw, "$")
    held = fields.take_raw("payload") or b"{}"
    fields.take_raw("type")
    return Line(record["type"], raw, held, fields.rest())


def _is_item(held: dict[str, object]) -> bool:
    """Tell what the model wrote or was shown; a snapshot of the working folder is neither."""
    kind = held.get("type")
    return isinstance(kind, str) and (
        kind in {"message", "reasoning"} or kind.endswith(("_call", "_call_output"))
    )
