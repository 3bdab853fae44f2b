"""Tags inside a message's text: `<think>`, and Hermes' `<tools>`, `<tool_call>` and `<tool_response>`.

A tag is taken apart only as a whole and only when it holds what it promises; otherwise the text stays as it is. Whoever
takes a text apart keeps the whole of it in `extra`.
"""

import re
from typing import NamedTuple

import msgspec

from schemas.errors import RecordFault
from schemas.rollouts.parts.fields import ELEMENTS, TEXT, Fields
from schemas.trajectory import ToolCall, Toolset

THOUGHT = re.compile(r"\s*<think>(.*?)</think>", re.DOTALL)
CALL = re.compile(r"<tool_call>(.*?)</tool_call>", re.DOTALL)
CALL_MARK = "<tool_call>"
TOOLS = re.compile(r"<tools>(.*?)</tools>", re.DOTALL)
RESPONSE = re.compile(r"\s*(<tool_response>.*?</tool_response>)\s*", re.DOTALL)


class Said(NamedTuple):
    """A policy's text, taken apart."""

    text: str
    """The words outside all tags; untouched when no tag was taken out."""
    reasoning: str | None
    calls: tuple[ToolCall, ...]


def read_said(text: str) -> Said:
    r"""Take the leading thought and the calls out of a text.

    Examples:
        >>> said = read_said('<think>hm</think>\nLook:\n<tool_call>{"name": "ls", "arguments": {"a": 1.0}}</tool_call>')
        >>> said.text, said.reasoning, said.calls[0].name, said.calls[0].arguments
        ('Look:', 'hm', 'ls', '{"a": 1.0}')
        >>> read_said("<tool_call>ls</tool_call>").calls
        ()
    """
    thought = THOUGHT.match(text)
    spoken = text if thought is None else text[thought.end() :].strip()
    found = [read_call(body) for body in CALL.findall(spoken)]
    calls = tuple(call for call in found if call is not None)
    if len(calls) == spoken.count(CALL_MARK) > 0:
        spoken = CALL.sub("", spoken).strip()
    else:
        calls = ()
    return Said(spoken, None if thought is None else thought[1].strip("\n"), calls)


def read_call(body: str) -> ToolCall | None:
    """Read a call written as a JSON object with `name` and `arguments`; None for anything else."""
    try:
        fields = Fields(body.encode(), "$")
        name, arguments = fields.require("name", TEXT), fields.take_raw("arguments") or b'""'
    except (RecordFault, msgspec.DecodeError):
        return None
    return ToolCall(
        name=name,
        arguments=TEXT.decode(arguments) if arguments.startswith(b'"') else arguments.decode(),
        call_id=fields.take_if("id", TEXT),
        extra=fields.rest(),
    )


def read_calls(body: str) -> tuple[ToolCall, ...]:
    """Read a value that is one call or a list of calls, as JSON; empty for anything else."""
    try:
        bodies = [bytes(raw).decode() for raw in ELEMENTS.decode(body)]
    except msgspec.DecodeError:
        bodies = [body]
    calls = [read_call(each) for each in bodies]
    return tuple(call for call in calls if call is not None) if all(calls) else ()


def read_tools(text: str) -> Toolset | None:
    """Read the tool schemas inside a system prompt: one array, or one object per line."""
    match = TOOLS.search(text)
    if match is None:
        return None
    body = match[1].strip()
    tools = (
        body if body.startswith("[") else f"[{','.join(line for line in body.splitlines() if line.strip())}]"
    )
    try:
        msgspec.json.decode(tools, type=list[dict[str, msgspec.Raw]])
    except msgspec.DecodeError:
        return None
    return Toolset(tools=tools)


def split_responses(text: str) -> list[str]:
    """Cut a text that is nothing but several tool responses; any other text is one piece."""
    blocks = RESPONSE.findall(text)
    return blocks if len(blocks) > 1 and not RESPONSE.sub("", text) else [text]
