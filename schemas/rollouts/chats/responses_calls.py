"""Read tool calls and their results among OpenAI Responses items.

A tool that the provider runs itself has its result inside its call.
"""

from typing import NamedTuple

from schemas.rollouts.parts.content_parts import read_any_content
from schemas.rollouts.parts.fields import TEXT, Fields, json_text
from schemas.rollouts.parts.peeking import peek
from schemas.trajectory import Message, Origin, Role, ToolCall

CALLS = {
    "function_call": "arguments",
    "mcp_call": "arguments",
    "custom_tool_call": "input",
    "local_shell_call": "action",
    "shell_call": "action",
    "web_search_call": "action",
    "computer_call": "action",
    "apply_patch_call": "operation",
    "file_search_call": "queries",
    "code_interpreter_call": "code",
    "image_generation_call": "arguments",
    "tool_search_call": "arguments",
}
"""Which field of a call holds what the model wants done; a call without a `name` is named by its kind."""
RESULTS_INSIDE = {
    "mcp_call": "output",
    "file_search_call": "results",
    "code_interpreter_call": "outputs",
    "image_generation_call": "result",
}
CALL_SUFFIX = "_call"
RESULT_SUFFIX = "_output"


class Item(NamedTuple):
    """One item of a flat list."""

    kind: str
    fields: Fields
    """Its fields without `type`."""

    @property
    def is_call(self) -> bool:
        """Whether the model asks for something to be done."""
        return self.kind.endswith(CALL_SUFFIX)


def read_call(item: Item) -> ToolCall:
    """Read one call, its arguments as the model wrote them; a call without a `call_id` is known by its `id`."""
    fields = item.fields
    raw = fields.take_raw(CALLS.get(item.kind, "arguments"))
    name = fields.take_if("name", TEXT) or item.kind.removesuffix(CALL_SUFFIX)
    call_id = fields.take_if("call_id", TEXT) or fields.take_if("id", TEXT)
    if item.kind != "function_call":
        fields.put("type", json_text(item.kind))
    return ToolCall(name=name, arguments=_arguments(raw), call_id=call_id, extra=fields.rest())


def _arguments(raw: bytes | None) -> str:
    if raw is None:
        return ""
    return TEXT.decode(raw) if raw.startswith(b'"') else raw.decode()


def read_result(item: Item) -> Message:
    """Read the output of a call; the older shell's output has its call's id as its own."""
    text, content_json = read_any_content(item.fields, "output")
    call_id = item.fields.take_if("call_id", TEXT) or item.fields.take_if("id", TEXT)
    if item.kind != "function_call_output":
        item.fields.put("type", json_text(item.kind))
    return _tool_message(text, content_json, call_id=call_id, extra=item.fields.rest())


def take_result_inside(item: Item) -> Message | None:
    """Take the result that a provider's own tool left inside its call."""
    name = RESULTS_INSIDE.get(item.kind)
    raw = None if name is None else item.fields.take_raw(name)
    if raw is None:
        return None
    is_text = raw.startswith(b'"') and item.kind == "mcp_call"
    return _tool_message(
        TEXT.decode(raw) if is_text else None,
        None if is_text else raw.decode(),
        call_id=peek(item.fields, "call_id", TEXT) or peek(item.fields, "id", TEXT),
        extra=None,
    )


def _tool_message(
    text: str | None, content_json: str | None, *, call_id: str | None, extra: str | None
) -> Message:
    return Message(
        seq=0,
        role=Role.TOOL,
        origin=Origin.INJECTED,
        text=text,
        content_json=content_json,
        tool_call_id=call_id,
        extra=extra,
    )
