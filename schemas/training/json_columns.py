"""Messages for JSON columns, which `datasets` gives back as the very objects.

A column of Arrow structs would give every call the keys of all others, filled with nulls. A JSON column (Arrow's
`arrow.json`, which `datasets` reads since 4.7) fills nothing in, so that arguments can be objects in it.
"""

from collections.abc import Iterable

import msgspec
import pyarrow as pa

from schemas.training.conversations import is_json, is_json_object, write_call
from schemas.training.format import Row
from schemas.training.json_numbers import UnreadableNumberError, readable_numbers
from schemas.trajectory import Message, ToolCall

JSON_LIST = pa.list_(pa.json_())
"""Arrow type of a conversation, and of tool schemas."""


def call_with_object(call: ToolCall) -> Row:
    """Write one call, its arguments as JSON; as a string where they are none, or where `datasets` would stop at them."""
    written = write_call(call)
    text = _readable(call.arguments) if is_json(call.arguments) else None
    if text is not None:
        written["function"]["arguments"] = msgspec.Raw(text.encode())
    return written


def count_unreadable_numbers(messages: Iterable[Message]) -> int:
    """Count calls with a number at which `datasets` stops, or which it would change."""
    texts = (call.arguments for message in messages for call in message.tool_calls)
    return sum(_readable(text) is None for text in texts if is_json_object(text))


def _readable(text: str) -> str | None:
    try:
        return readable_numbers(text)
    except UnreadableNumberError:
        return None
