"""Canonical messages in the words that chat templates read, with or without marks at the borders of their parts.

A mark is one private-use character. It stands inside a text's outer whitespace, so that a template that trims sees
what it would see without marks, and around reasoning tags rather than in them, so that a template can find those.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from schemas.trajectory import Message, Role, ToolCall

Chat = list[dict[str, Any]]
ArgumentsAs = Literal["string", "object"]

REASONING_TAG = re.compile(r"(</?think(?:ing)?>|\[/?THINK\])")


class ChatPart(StrEnum):
    """What of a message a piece of text is."""

    TEXT = "text"
    REASONING = "reasoning"
    NAME = "name"
    ARGUMENTS = "arguments"
    VALUE = "value"
    """One string among the parsed arguments; its place in the raw string is not known."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a piece of text comes from: characters of one part of one message."""

    message: int
    """Index into the conversation's messages."""
    part: ChatPart
    begin: int
    end: int
    call: int | None = None


Mark = Callable[[str, Source], str]
"""Gives a text with a mark at either end, and remembers which text that is."""


def write_unmarked(text: str, _: Source) -> str:
    """Leave a text as it is."""
    return text


def write_chat(
    messages: Sequence[Message],
    *,
    arguments: ArgumentsAs,
    fill_content: bool,
    mark: Mark = write_unmarked,
    roles: frozenset[Role] = frozenset(Role),
) -> Chat:
    """Write a conversation for `apply_chat_template`.

    Args:
        messages: the conversation.
        arguments: whether calls carry their raw argument string or the parsed object.
        fill_content: give "" where a message with calls has no text; else the key is left out, as TRL does.
        mark: what puts marks into texts.
        roles: whose messages are marked.
    """
    return [
        _write_message(
            message,
            index,
            arguments=arguments,
            fill_content=fill_content,
            mark=mark if message.role in roles else write_unmarked,
        )
        for index, message in enumerate(messages)
    ]


def _write_message(
    message: Message, index: int, *, arguments: ArgumentsAs, fill_content: bool, mark: Mark
) -> dict[str, Any]:
    written: dict[str, Any] = {"role": message.role.value}
    if message.text is not None:
        written["content"] = _marked(message.text, Source(index, ChatPart.TEXT, 0, len(message.text)), mark)
    elif fill_content or not message.tool_calls:
        written["content"] = ""
    if message.reasoning is not None:
        whole = Source(index, ChatPart.REASONING, 0, len(message.reasoning))
        written["reasoning_content"] = _marked(message.reasoning, whole, mark)
    if message.tool_calls:
        calls = enumerate(message.tool_calls)
        written["tool_calls"] = [_write_call(call, index, at, arguments, mark) for at, call in calls]
    if message.tool_call_id is not None:
        written["tool_call_id"] = message.tool_call_id
    if message.name is not None:
        written["name"] = message.name
    return written


def _write_call(call: ToolCall, message: int, at: int, arguments: ArgumentsAs, mark: Mark) -> dict[str, Any]:
    name = mark(call.name, Source(message, ChatPart.NAME, 0, len(call.name), at)) if call.name else ""
    written: Any = call.arguments
    parsed = parse_arguments(call.arguments) if arguments == "object" else None
    if parsed is not None:
        unknown = Source(message, ChatPart.VALUE, 0, 0, at)
        written = {key: _marked_value(value, unknown, mark) for key, value in parsed.items()}
    elif call.arguments.strip():
        whole = Source(message, ChatPart.ARGUMENTS, 0, len(call.arguments), at)
        written = _marked_core(call.arguments, whole, mark)
    function = {"name": name, "arguments": written}
    return {"id": call.call_id or f"call_{message}_{at}", "type": "function", "function": function}


def parse_arguments(raw: str) -> dict[str, Any] | None:
    """Parse raw arguments; null when they are no JSON object."""
    try:
        parsed = json.loads(raw)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None


def _marked_value(value: Any, source: Source, mark: Mark) -> Any:
    return _marked_core(value, source, mark) if isinstance(value, str) else value


def _marked(text: str, whole: Source, mark: Mark) -> str:
    """Mark each stretch between reasoning tags by itself, for a template may move or drop one of them."""
    if "<" not in text and "[" not in text:
        return _marked_core(text, whole, mark)
    written, at = [], 0
    for stretch in REASONING_TAG.split(text):
        is_tag = REASONING_TAG.fullmatch(stretch) is not None
        source = Source(whole.message, whole.part, at, at + len(stretch), whole.call)
        written.append(stretch if is_tag else _marked_core(stretch, source, mark))
        at += len(stretch)
    return "".join(written)


def _marked_core(text: str, source: Source, mark: Mark) -> str:
    """Mark what is left of a text without its outer whitespace; a blank text is left alone."""
    core = text.strip()
    if not core:
        return text
    lead = text.index(core[0])
    begin = source.begin + lead
    inner = Source(source.message, source.part, begin, begin + len(core), source.call)
    return text[:lead] + mark(core, inner) + text[lead + len(core) :]
