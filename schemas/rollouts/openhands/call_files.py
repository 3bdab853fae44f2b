"""Open the files of logged LLM calls, and tell what all calls have in common from what each says alone.

What is common (request parameters, response fields with the same text in every file) is kept once; the rest stays
with the message that the call sampled. Fields are compared by their exact JSON text, at the top, in `response` and
in `kwargs`.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from schemas.errors import RecordFault
from schemas.rollouts.openhands.calls import Call
from schemas.rollouts.openhands.litellm_response import read_response, with_extra
from schemas.rollouts.parts.fields import ELEMENTS, REAL, TEXT, Fields, json_text
from schemas.rollouts.parts.peeking import peek
from schemas.rollouts.raw.strict_json import parse_json
from schemas.trajectory import Message

LEVELS = ("response", "kwargs")

Left = dict[tuple[str, str], str]
"""Fields of a call that no column holds: level and name, and the exact JSON text."""


class Logged(NamedTuple):
    """The calls of one folder, in the order in which they were made."""

    calls: list[Call]
    model: str | None
    """What the first answered call says; later ones may name another host's spelling of it."""
    rest: str | None
    """What belongs to no single call, as a JSON object: common fields, unanswered calls, broken files."""


class _Opened(NamedTuple):
    timestamp: float
    name: str
    raw: bytes
    prompt: tuple[msgspec.Raw, ...]
    response: Message | None
    cost_usd: float | None
    tools: bytes | None
    model: str | None
    left: Left


def read_calls(members: Mapping[str, bytes]) -> Logged:
    """Open files by name; calls that were never answered, and files that are cut off, keep their text.

    Raises:
        RecordFault: a call is not what LiteLLM writes, or no file can be read.
    """
    broken: dict[str, str] = {}
    opened: list[_Opened] = []
    for name, content in members.items():
        try:
            parse_json(content)
        except RecordFault:
            if len(broken) + 1 == len(members):
                raise
            broken[name] = content.decode("utf-8", "backslashreplace")
        else:
            opened.append(_open(name, content))
    opened.sort(key=lambda call: (call.timestamp, call.name))
    answered = [call for call in opened if call.response is not None]
    common = _common([call.left for call in answered])
    rest = Fields(b"{}", "$")
    rest.put("calls", _nested(common))
    unanswered = [call.raw.decode() for call in opened if call.response is None]
    rest.put("unanswered", f"[{','.join(unanswered)}]" if unanswered else None)
    rest.put("broken", json_text(broken) if broken else None)
    calls = [_call(call, call.response, common) for call in answered if call.response is not None]
    return Logged(calls, answered[0].model if answered else None, rest.rest())


def _open(name: str, content: bytes) -> _Opened:
    call = Fields(content, name)
    prompt = call.require("messages", ELEMENTS)
    kwargs, response = call.take_object("kwargs"), call.take_object("response")
    message = read_response(response)
    tools = None if peek(kwargs, "tools", ELEMENTS) is None else kwargs.take_raw("tools")
    timestamp, cost = peek(call, "timestamp", REAL), peek(call, "cost", REAL)
    model = peek(response, "model", TEXT)
    left = {
        (level, field): bytes(text).decode()
        for level, fields in (("", call), ("response", response), ("kwargs", kwargs))
        for field, text in msgspec.json.decode(fields.rest() or "{}", type=dict[str, msgspec.Raw]).items()
    }
    return _Opened(timestamp or 0.0, name, content, tuple(prompt), message, cost, tools, model, left)


def _call(opened: _Opened, response: Message, common: Left) -> Call:
    """Put what the call says alone into its message."""
    own = {key: text for key, text in opened.left.items() if key not in common}
    sampled = with_extra(response, "call", _nested(own))
    return Call(opened.prompt, sampled, opened.cost_usd, opened.tools, opened.name)


def _common(lefts: Sequence[Left]) -> Left:
    """Find the fields that every call has with the same text."""
    if not lefts:
        return {}
    return {key: text for key, text in lefts[0].items() if all(left.get(key) == text for left in lefts)}


def _nested(left: Left) -> str | None:
    """Write fields in the shape of a call, as a JSON object; null when there are none."""
    call = Fields(b"{}", "$")
    for level in LEVELS:
        inner = Fields(b"{}", "$")
        for (where, name), text in left.items():
            if where == level:
                inner.put(name, text)
        call.put(level, inner.rest())
    for (where, name), text in left.items():
        if not where:
            call.put(name, text)
    return call.rest()
