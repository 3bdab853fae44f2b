"""The messages of a tau2 simulation: agent, user and environment, where the user may call tools too.

Only what the agent said and called is the policy's. A user's calls stay exactly in the `extra` of the user's message,
and their results are user messages: the policy never saw them. `raw_data` is the provider's answer; it repeats the
message, but only there are the argument strings as the model wrote them, and its reasoning.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from schemas.reasons import RejectReason
from schemas.rollouts.parts.chat import REASONING_NAMES
from schemas.rollouts.parts.fields import COUNT, TEXT, Fields, json_text
from schemas.rollouts.parts.linking import link_results
from schemas.rollouts.parts.peeking import peek
from schemas.rollouts.parts.provider_echo import strip_choice
from schemas.trajectory import Message, Origin, Role, ToolCall

PARTICIPANTS = {"system": Role.SYSTEM, "user": Role.USER, "assistant": Role.ASSISTANT}
AGENT_SIDE = "assistant"
ANYTHING: msgspec.json.Decoder[object] = msgspec.json.Decoder(object)


class _Written(NamedTuple):
    """What the model said, as its provider answered."""

    text: str
    calls: tuple[tuple[str, str], ...]
    """Name and argument string of each."""


def read_messages(objects: Iterable[Fields], *, given_count: int) -> tuple[Message, ...]:
    """Read a conversation, with results linked.

    Args:
        objects: the messages in order.
        given_count: how many at the start the task gave (`initial_state.message_history`).

    Raises:
        RecordFault: a message is not what tau2 writes.
    """
    flat = list(chain.from_iterable(_unfolded(fields) for fields in objects))
    messages = [_message(fields, seq) for seq, fields in enumerate(flat)]
    return link_results(_with_scripted_start(messages, given_count))


def _unfolded(fields: Fields) -> list[Fields]:
    """Take the results out of a `MultiToolMessage`."""
    results = fields.take_objects("tool_messages")
    if not results:
        return [fields]
    role = fields.require("role", TEXT)
    if role != "tool":
        raise fields.fault(
            RejectReason.UNEXPECTED_SHAPE, f"Role {role!r} has `tool_messages`; only 'tool' may."
        )
    results[0].put("multi_tool_message", fields.rest())
    return results


def _with_scripted_start(messages: Sequence[Message], given_count: int) -> list[Message]:
    """The greeting is the scaffold's: an assistant message before anyone spoke, that no provider answered for."""
    told = list(messages)
    first = told[0] if told else None
    is_greeting = (
        first is not None
        and first.role is Role.ASSISTANT
        and first.completion_tokens is None
        and not first.tool_calls
        and '"raw_data"' not in (first.extra or "")
    )
    for index in range(min(max(given_count, int(is_greeting)), len(told))):
        if told[index].role is Role.ASSISTANT:
            told[index] = replace(told[index], origin=Origin.SCRIPTED)
    return told


def _message(fields: Fields, seq: int) -> Message:
    role = fields.require("role", TEXT)
    if role == "tool":
        return _result(fields, seq)
    if role not in PARTICIPANTS:
        known = ", ".join(sorted([*PARTICIPANTS, "tool"]))
        raise fields.fault(RejectReason.UNEXPECTED_SHAPE, f"Unknown role {role!r}. Known roles: {known}.")
    if role == AGENT_SIDE:
        return _turn(fields, seq)
    return Message(
        seq=seq,
        role=PARTICIPANTS[role],
        origin=Origin.SCRIPTED,
        text=_spoken(fields),
        extra=fields.rest(),
    )


def _spoken(fields: Fields) -> str | None:
    """Take a user's or system's words, and drop them from the provider's answer."""
    text = fields.take("content", TEXT)
    choice = fields.take_object("raw_data")
    strip_choice(choice, {"role": AGENT_SIDE, "content": text})
    fields.put("raw_data", choice.rest())
    return text


def _result(fields: Fields, seq: int) -> Message:
    """Read a tool's answer; one that a user asked for is no observation of the agent."""
    requestor = fields.take_if("requestor", TEXT) or AGENT_SIDE
    text = fields.take("content", TEXT)
    if requestor != AGENT_SIDE:
        fields.put("role", '"tool"')
        fields.put("requestor", json_text(requestor))
        return Message(seq=seq, role=Role.USER, origin=Origin.INJECTED, text=text, extra=fields.rest())
    return Message(
        seq=seq,
        role=Role.TOOL,
        origin=Origin.INJECTED,
        text=text,
        tool_call_id=fields.take("id", TEXT),
        extra=fields.rest(),
    )


def _turn(fields: Fields, seq: int) -> Message:
    """Read the agent's message; words that differ from the provider's answer are the scaffold's."""
    text = fields.take("content", TEXT)
    choice = fields.take_object("raw_data")
    written = _written(choice)
    spellings = {} if written is None else dict(enumerate(written.calls))
    calls = tuple(
        _call(call, spellings.get(index)) for index, call in enumerate(fields.take_objects("tool_calls"))
    )
    echoed = {
        "role": AGENT_SIDE,
        "content": text,
        "tool_calls": [_as_written(call) for call in calls] or None,
    }
    strip_choice(choice, echoed)
    reasoning = _reasoning(fields, choice)
    fields.put("raw_data", choice.rest())
    usage = fields.take_object("usage")
    prompt_tokens, completion_tokens = (
        usage.take_if(name, COUNT) for name in ("prompt_tokens", "completion_tokens")
    )
    fields.put("usage", usage.rest())
    return Message(
        seq=seq,
        role=Role.ASSISTANT,
        origin=Origin.SCRIPTED if written is not None and _differs(written, text, calls) else Origin.SAMPLED,
        text=text,
        reasoning=reasoning,
        tool_calls=calls,
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        extra=fields.rest(),
    )


def _written(choice: Fields) -> _Written | None:
    """Read what the provider's answer says; null when it has no message of the chat shape."""
    message = peek(choice, "message", ANYTHING)
    if not isinstance(message, dict) or {"content", "tool_calls"}.isdisjoint(message):
        return None
    content, calls = message.get("content"), message.get("tool_calls")
    functions = [
        call.get("function") for call in (calls if isinstance(calls, list) else []) if isinstance(call, dict)
    ]
    return _Written(
        text=content if isinstance(content, str) else "",
        calls=tuple(
            (str(function.get("name")), str(function.get("arguments")))
            for function in functions
            if isinstance(function, dict)
        ),
    )


def _differs(written: _Written, text: str | None, calls: Sequence[ToolCall]) -> bool:
    """Tell whether a message says another thing than the model did; white space around it does not count."""
    is_same_text = written.text.strip() == (text or "").strip()
    return not is_same_text or list(written.calls) != [(call.name, call.arguments) for call in calls]


def _call(fields: Fields, written: tuple[str, str] | None) -> ToolCall:
    """Read a call; its arguments in the model's own spelling where the provider's answer has it."""
    call_id, name = fields.take("id", TEXT), fields.require("name", TEXT)
    raw = fields.take_raw("arguments") or b"{}"
    requestor = fields.take_if("requestor", TEXT)
    if requestor not in (None, AGENT_SIDE):
        fields.put("requestor", json_text(requestor))
    arguments = raw.decode() if written is None or not _means(written[1], raw) else written[1]
    return ToolCall(
        name=name,
        arguments=arguments,
        call_id=call_id,
        extra=fields.rest(),
    )


def _means(text: str, raw: bytes) -> bool:
    """Tell whether a model's argument string is the same JSON."""
    try:
        return bool(msgspec.json.decode(text) == msgspec.json.decode(raw))
    except msgspec.DecodeError:
        return False


def _as_written(call: ToolCall) -> dict[str, object]:
    return {
        "id": call.call_id,
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    }


def _reasoning(fields: Fields, choice: Fields) -> str | None:
    """Take the reasoning from the message, or from the provider's answer."""
    told = fields.take_if("reasoning", TEXT)
    message = choice.take_object("message")
    if told is None:
        found = (message.take_if(name, TEXT) for name in REASONING_NAMES)
        told = next((reasoning for reasoning in found if reasoning is not None), None)
    choice.put("message", message.rest())
    return told
