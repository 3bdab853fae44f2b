"""Messages as most trainers read them: OpenAI's keys, with arguments and tool schemas as exact strings.

`datasets` and Parquet give all structs of a column the same fields and fill the gaps with nulls. An arguments object
would so be trained with keys that the policy never wrote, which is why none is ever written as a struct.
"""

from typing import Any

import msgspec
import pyarrow as pa

from schemas.training.format import Row
from schemas.trajectory import Message, ToolCall

_FUNCTION = pa.struct([pa.field("name", pa.string()), pa.field("arguments", pa.string())])
_TOOL_CALL = pa.struct(
    [pa.field("id", pa.string()), pa.field("type", pa.string()), pa.field("function", _FUNCTION)]
)


def message_type(*more: "pa.Field[Any]") -> pa.StructType:
    """Give the Arrow type of one message, with fields of a trainer's own behind the common ones."""
    texts = [pa.field(name, pa.string()) for name in ("role", "content", "reasoning_content")]
    links = [pa.field(name, pa.string()) for name in ("tool_call_id", "name")]
    return pa.struct([*texts, pa.field("tool_calls", pa.list_(_TOOL_CALL)), *links, *more])


def write_message(message: Message) -> Row:
    """Write one message with all common fields; null is what the source does not say."""
    return {
        "role": message.role.value,
        "content": message.text,
        "reasoning_content": message.reasoning,
        "tool_calls": [write_call(call) for call in message.tool_calls] or None,
        "tool_call_id": message.tool_call_id,
        "name": message.name,
    }


def filled_message(message: Message) -> Row:
    """Write one message with what it has; content is never null, which templates would write as `None`."""
    written = {name: value for name, value in write_message(message).items() if value is not None}
    return {"role": written.pop("role"), "content": message.text or "", **written}


def write_call(call: ToolCall) -> Row:
    """Write one call, its arguments as the policy spelled them."""
    return {
        "id": call.call_id,
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    }


def with_object(call: Row) -> Row:
    """Give a call that `write_call` wrote its arguments as an object, for JSON lines; as they are where they are no JSON."""
    function = call["function"]
    if not is_json(function["arguments"]):
        return call
    return call | {"function": function | {"arguments": msgspec.Raw(function["arguments"].encode())}}


def call_json(call: ToolCall) -> bytes:
    r"""Write `{"name", "arguments"}` as JSON text, with the arguments as an object where they are JSON.

    `<` is escaped, so that no argument can look like the tag that ends a call; parsing gives it back.

    Examples:
        >>> call_json(ToolCall(name="f", arguments='{"a": "</tool_call>"}'))
        b'{"name":"f","arguments":{"a": "\\u003c/tool_call>"}}'
    """
    arguments = msgspec.Raw(call.arguments.encode()) if is_json(call.arguments) else call.arguments
    written = msgspec.json.encode({"name": call.name, "arguments": arguments})
    return written.replace(b"<", b"\\u003c")


def is_json(text: str) -> bool:
    """Tell whether a text is JSON."""
    return _decodes(text, Any)


def is_json_object(text: str) -> bool:
    """Tell whether a text is a JSON object, which arguments must be."""
    return _decodes(text, dict[str, Any])


def _decodes(text: str, kind: Any) -> bool:
    try:
        msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def tagged_text(message: Message) -> str:
    """Give what the policy said, with its reasoning in front in the tags that most open models were trained with."""
    thought = "" if message.reasoning is None else f"<think>\n{message.reasoning}\n</think>\n\n"
    return thought + (message.text or "")
