"""Read what a tracer logged of a model call: its input or output as JSON of any provider's shape, or plain text."""

from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

import msgspec

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.chats.anthropic_blocks import block_messages
from schemas.rollouts.chats.responses_items import ANSWER_ORIGINS, item_messages
from schemas.rollouts.parts.chat import chat_messages
from schemas.rollouts.parts.fields import ELEMENTS, TEXT, Fields, json_text
from schemas.trajectory import Message, Origin, Role

ROLE_NAMES = {"model": "assistant", "ai": "assistant", "human": "user"}
"""Other names of roles, in Gemini's and LangChain's logs."""
BLOCK_KINDS = frozenset(
    {"tool_use", "tool_result", "thinking", "redacted_thinking", "server_tool_use", "mcp_tool_use"}
)
"""Blocks that only Anthropic's messages have."""
ORIGINS = {Role.USER: Origin.SCRIPTED, Role.ASSISTANT: Origin.SAMPLED}
LIST_NAMES = ("messages", "output")
"""What holds the conversation in a request, and the items in an answer of the Responses API."""


class Payload(NamedTuple):
    """What one input or output says."""

    messages: tuple[Message, ...] = ()
    """Neither numbered nor linked."""
    tools: str | None = None
    """The exact JSON array of tool schemas."""
    rest: str | None = None
    """All else that stood beside the messages, as a JSON object."""


def read_payload(text: str | None, role: Role) -> Payload:
    """Read a payload; one whose shape nobody knows is a message with that content.

    Args:
        text: JSON; a string may hold JSON once more.
        role: whose words they are when they do not say so: the user's for an input, the assistant's for an output.
    """
    if text is None or text == "null":
        return Payload()
    if text.startswith('"'):
        inner = TEXT.decode(text)
        if is_structured(inner):
            return read_payload(inner.strip(), role)
        return Payload((Message(seq=0, role=role, origin=ORIGINS[role], text=_unquoted(inner)),))
    try:
        return _structured(text, role)
    except RecordFault:
        return Payload((Message(seq=0, role=role, origin=ORIGINS[role], content_json=text),))


def is_structured(text: str) -> bool:
    """Tell whether a text is a JSON object or array."""
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _unquoted(text: str) -> str:
    """Read a text that was written as a JSON string inside a string."""
    if text.startswith('"'):
        with suppress(msgspec.DecodeError):
            return TEXT.decode(text)
    return text


def with_role(fields: Fields, usual: str) -> Fields:
    """Give a chat message the role that its place tells when it names none; a tool's id is its call's."""
    role = fields.take_if("role", TEXT) or usual
    fields.put("role", json_text(ROLE_NAMES.get(role, role)))
    call_id = fields.take_raw("id") if role == "tool" else None
    if call_id is not None:
        fields.put("tool_call_id", call_id.decode())
    return fields


def _structured(text: str, role: Role) -> Payload:
    if text.startswith("["):
        return Payload(_conversation(ELEMENTS.decode(text), role))
    fields = Fields(text.encode(), "payload")
    for name in LIST_NAMES:
        raw = fields.take_raw(name)
        if raw is not None and raw.startswith(b"["):
            return _request(fields, ELEMENTS.decode(raw), role)
        fields.put(name, None if raw is None else raw.decode())
    choices = fields.take_objects("choices")
    if len(choices) == 1:
        message = with_role(choices[0].take_object("message"), role.value)
        message.put("choice", choices[0].rest())
        return Payload(chat_messages([message]), rest=fields.rest())
    return Payload(_conversation([msgspec.Raw(text.encode())], role))


def _request(fields: Fields, elements: Sequence[msgspec.Raw], role: Role) -> Payload:
    """Read a whole request or answer: what stands beside the list is no part of the conversation, but the system's."""
    tools = fields.take_raw("tools")
    if tools is not None and not tools.startswith(b"["):
        fields.put("tools", tools.decode())
        tools = None
    system = fields.take_if("system", TEXT)
    opening = (
        () if system is None else (Message(seq=0, role=Role.SYSTEM, origin=Origin.SCRIPTED, text=system),)
    )
    messages = (*opening, *_conversation(elements, role))
    return Payload(messages, None if tools is None else tools.decode(), fields.rest())


def _conversation(elements: Sequence[msgspec.Raw], role: Role) -> tuple[Message, ...]:
    """Read a list of messages in the provider's shape that it has."""
    opened = [Fields(raw, f"payload[{index}]") for index, raw in enumerate(elements)]
    parsed = [msgspec.json.decode(raw) for raw in elements]
    if any(isinstance(one.get("type"), str) and "role" not in one for one in parsed):
        return tuple(item_messages(opened, ANSWER_ORIGINS))
    for fields, one in zip(opened, parsed, strict=True):
        if not one.keys() & {"role", "content", "tool_calls"}:
            raise fields.fault(RejectReason.UNEXPECTED_SHAPE, "No message: it has no role and no content.")
    named = [with_role(fields, role.value) for fields in opened]
    if any(_has_blocks(one.get("content")) for one in parsed):
        return tuple(message for fields in named for message in block_messages(fields, 0))
    return chat_messages(named)


def _has_blocks(content: object) -> bool:
    return isinstance(content, list) and any(
        isinstance(part, dict) and str(part.get("type")) in BLOCK_KINDS for part in content
    )
