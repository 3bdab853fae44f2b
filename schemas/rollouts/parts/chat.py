"""Read one OpenAI chat message; several formats hold their conversation in this shape.

Sources: the Chat Completions reference (roles, parts, legacy `function_call`), and the field names that DeepSeek,
vLLM, SGLang and litellm add for reasoning.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

from schemas.identity import digest
from schemas.reasons import RejectReason
from schemas.rollouts.parts.fields import FLAG, TEXT, Fields, json_text
from schemas.rollouts.parts.linking import link_results
from schemas.trajectory import Message, Origin, Role, ToolCall

ROLES = {
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
    "user": Role.USER,
    "assistant": Role.ASSISTANT,
    "tool": Role.TOOL,
    "function": Role.TOOL,
}
ORIGINS = {
    Role.SYSTEM: Origin.SCRIPTED,
    Role.USER: Origin.SCRIPTED,
    Role.ASSISTANT: Origin.SAMPLED,
    Role.TOOL: Origin.INJECTED,
}
WEIGHT: msgspec.json.Decoder[Literal[0, 1]] = msgspec.json.Decoder(Literal[0, 1])
REASONING_NAMES = ("reasoning_content", "reasoning", "thinking")


def chat_messages(objects: Iterable[Fields]) -> tuple[Message, ...]:
    """Read the messages of a conversation, with their results linked.

    Raises:
        RecordFault: a message is not a chat message.
    """
    return link_results([_message(fields, seq) for seq, fields in enumerate(objects)])


def read_content(fields: Fields, name: str) -> tuple[str | None, str | None]:
    """Read content that is a string, or parts.

    Returns:
        The text (of parts: the text parts, one per line; null when there is none), and the exact JSON of parts.

    Raises:
        RecordFault: it is neither.
    """
    raw = fields.take_raw(name)
    if raw is None:
        return None, None
    if raw.startswith(b'"'):
        return TEXT.decode(raw), None
    if not raw.startswith((b"[", b"{")):
        raise fields.fault(
            RejectReason.UNEXPECTED_SHAPE, f"{name!r} is neither a string, nor parts, nor null."
        )
    parts = msgspec.json.decode(raw)
    texts = [
        text
        for part in (parts if isinstance(parts, list) else [parts])
        if (text := _part_text(part)) is not None
    ]
    return "\n".join(texts) if texts else None, raw.decode()


def prompt_key(messages: Iterable[Message], fallback: str) -> str:
    """Name a task that has no name by what the policy is told: rollouts of one prompt share a group.

    Args:
        messages: the rollout.
        fallback: the key when nobody says anything before the policy does.
    """
    texts: list[str | None] = []
    for message in messages:
        if message.role in (Role.SYSTEM, Role.USER):
            parts = message.content_json
            texts.append(message.text if parts is None else msgspec.json.format(parts, indent=-1))
        if message.role is Role.USER:
            break
    return digest("prompt", *texts) if any(texts) else fallback


def policy_text(messages: Iterable[Message]) -> str | None:
    """Give the first system message's text: the rules that the environment gives."""
    return next((message.text for message in messages if message.role is Role.SYSTEM), None)


def _message(fields: Fields, seq: int) -> Message:
    source_role = fields.require("role", TEXT)
    role = ROLES.get(source_role)
    if role is None:
        raise fields.fault(
            RejectReason.UNEXPECTED_SHAPE,
            f"Unknown role {source_role!r}. Known roles: {', '.join(sorted(ROLES))}.",
        )
    if source_role != role.value:
        fields.put("role", json_text(source_role))
    origin = _origin(fields, role)
    text, content_json = read_content(fields, "content")
    refusal = _refusal(fields)
    return Message(
        seq=seq,
        role=role,
        origin=origin,
        text=refusal if text is None and content_json is None else text,
        content_json=content_json,
        reasoning=_reasoning(fields),
        tool_calls=_tool_calls(fields) if role is Role.ASSISTANT else (),
        tool_call_id=fields.take_if("tool_call_id", TEXT) if role is Role.TOOL else None,
        name=fields.take_if("name", TEXT),
        extra=fields.rest(),
    )


def _origin(fields: Fields, role: Role) -> Origin:
    """Tell where the words come from; `weight` 0 means context only, and `is_demo` a demonstration."""
    if fields.take_if("is_demo", FLAG):
        return Origin.DEMO
    is_context = role is Role.ASSISTANT and fields.take_if("weight", WEIGHT) == 0
    return Origin.COPIED if is_context else ORIGINS[role]


def _refusal(fields: Fields) -> str | None:
    """Read a refusal as the words that it is; it stays in `extra` too, which tells it from other words."""
    refusal = fields.take_if("refusal", TEXT)
    if refusal is not None:
        fields.put("refusal", json_text(refusal))
    return refusal


def _reasoning(fields: Fields) -> str | None:
    found = (fields.take_if(name, TEXT) for name in REASONING_NAMES)
    return next((reasoning for reasoning in found if reasoning is not None), None)


def _tool_calls(fields: Fields) -> tuple[ToolCall, ...]:
    calls = [_tool_call(call) for call in fields.take_objects("tool_calls")]
    legacy = fields.take_object("function_call")
    if not legacy.is_empty:
        calls.append(
            ToolCall(
                name=legacy.require("name", TEXT),
                arguments=_arguments(legacy.take_raw("arguments")),
                extra=legacy.rest(),
            )
        )
    return tuple(calls)


def _tool_call(fields: Fields) -> ToolCall:
    kind = fields.take("type", TEXT) or "function"
    holder, arguments_name = ("custom", "input") if kind == "custom" else ("function", "arguments")
    called = fields.take_object(holder)
    name = called.require("name", TEXT)
    arguments = _arguments(called.take_raw(arguments_name))
    fields.put(holder, called.rest())
    if kind != "function":
        fields.put("type", json_text(kind))
    return ToolCall(name=name, arguments=arguments, call_id=fields.take_if("id", TEXT), extra=fields.rest())


def _arguments(raw: bytes | None) -> str:
    """Give the argument string; an object where a string belongs keeps its exact JSON text."""
    if raw is None:
        return ""
    return TEXT.decode(raw) if raw.startswith(b'"') else raw.decode()


def _part_text(part: object) -> str | None:
    """Give a part's words; a bare string is a part too."""
    text = part.get("text") if isinstance(part, dict) else part
    return text if isinstance(text, str) else None
