"""Read the messages of an Inspect sample, and what its model calls tell of them.

`sample.messages` is the final state of the conversation. A call of the policy is known by the message that came back;
what a grader or a subagent said, or what a compaction threw away, is no message there, so such calls match none.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

import msgspec

from schemas.reasons import RejectReason
from schemas.rollouts.evals.inspect_log import Sample, resolve
from schemas.rollouts.parts.content_parts import Part, list_left, read_any_content, read_words, take_parts
from schemas.rollouts.parts.fields import COUNT, FLAG, TEXT, Fields
from schemas.rollouts.parts.linking import link_results
from schemas.rollouts.parts.peeking import peek, peek_raw
from schemas.trajectory import Message, Origin, Role, ToolCall

ROLES = {role.value: role for role in Role}
ORIGINS = {Role.SYSTEM: Origin.SCRIPTED, Role.USER: Origin.SCRIPTED, Role.TOOL: Origin.INJECTED}
CACHED = ("input_tokens_cache_read", "input_tokens_cache_write")


class ModelCall(NamedTuple):
    """One model call of a sample."""

    message_id: str | None
    """Null in logs of 2024."""
    message: bytes
    """The message that came back, as compact JSON."""
    usage: bytes
    tools: str
    """The tool schemas that the model saw, as a JSON array."""


class Talk(NamedTuple):
    """The conversation of a sample."""

    messages: tuple[Message, ...]
    tools: str | None
    """Of the first call that the policy made; null when no event tells."""
    other_calls_count: int
    """Model calls that no message came from."""
    last_answer: bytes | None
    """The assistant's last message, as compact JSON."""


class _Kind(msgspec.Struct):
    event: str = ""


class _Choice(msgspec.Struct):
    message: msgspec.Raw


class _Output(msgspec.Struct):
    choices: list[_Choice] = []
    usage: msgspec.Raw = msgspec.Raw(b"{}")


class _ModelEvent(msgspec.Struct):
    output: _Output
    tools: msgspec.Raw = msgspec.Raw(b"[]")


class _Identity(msgspec.Struct):
    id: str | None = None


def read_talk(sample: Sample) -> Talk:
    """Read the messages of a sample, with their results linked.

    Raises:
        RecordFault: a message is not one of Inspect's.
    """
    calls = list(_model_calls(sample))
    by_message = {call.message_id or call.message: call for call in reversed(calls)}
    raws = _raw_messages(sample.fields)
    sample.fields.put("messages", raws.decode())
    opened = sample.fields.take_objects("messages")
    matched: list[ModelCall] = []
    messages: list[Message] = []
    last_answer: bytes | None = None
    for seq, (raw, fields) in enumerate(zip(_elements(raws), opened, strict=True)):
        call = by_message.get(peek(fields, "id", TEXT) or compact(raw))
        matched += [call] if call else []
        messages.append(_message(fields, seq, call, has_calls=bool(calls)))
        last_answer = compact(raw) if messages[-1].role is Role.ASSISTANT else last_answer
    return Talk(
        messages=link_results(messages),
        tools=matched[0].tools if matched else None,
        other_calls_count=len(calls) - len(matched),
        last_answer=last_answer,
    )


def compact(raw: bytes) -> bytes:
    """Write JSON without the space that a log's layout puts between its tokens."""
    return msgspec.json.format(raw, indent=-1)


def count_tokens(usage: Fields) -> tuple[int | None, int | None]:
    """Count what a model read, cached or not, and what it wrote, thoughts included; the fields stay.

    Providers differ in what `input_tokens` and `output_tokens` leave out, and only the total tells: where the parts
    that were cached are needed to come to it, they are not among the input.
    """
    read, wrote, total = (
        peek(usage, name, COUNT) for name in ("input_tokens", "output_tokens", "total_tokens")
    )
    if read is None or wrote is None or total is None:
        return read, wrote
    cached = sum(peek(usage, name, COUNT) or 0 for name in CACHED)
    prompt = read + cached if read + cached + wrote == total else read
    return prompt, max(total - prompt, wrote)


def _model_calls(sample: Sample) -> Iterator[ModelCall]:
    """Find the model calls among the events; one that failed gave no message."""
    for raw in sample.events:
        with suppress(msgspec.ValidationError):
            if msgspec.json.decode(raw, type=_Kind).event != "model":
                continue
            event = msgspec.json.decode(raw, type=_ModelEvent)
            for choice in event.output.choices[:1]:
                yield ModelCall(
                    message_id=msgspec.json.decode(choice.message, type=_Identity).id,
                    message=compact(resolve(bytes(choice.message), sample.attachments)),
                    usage=bytes(event.output.usage),
                    tools=resolve(bytes(event.tools), sample.attachments).decode(),
                )


def _message(fields: Fields, seq: int, call: ModelCall | None, *, has_calls: bool) -> Message:
    role_name = fields.require("role", TEXT)
    if role_name not in ROLES:
        raise fields.fault(
            RejectReason.UNEXPECTED_SHAPE,
            f"Unknown role {role_name!r}. Known roles: {', '.join(sorted(ROLES))}.",
        )
    role = ROLES[role_name]
    origin = ORIGINS.get(role) or _assistant_origin(fields, call, has_calls=has_calls)
    reasoning, text, content_json = _content(fields)
    is_tool = role is Role.TOOL
    usage = Fields(call.usage if call and call.usage != b"null" else b"{}", "usage")
    prompt_tokens, completion_tokens = count_tokens(usage)
    return Message(
        seq=seq,
        role=role,
        origin=origin,
        text=text,
        content_json=content_json,
        reasoning=reasoning,
        tool_calls=tuple(map(_tool_call, fields.take_objects("tool_calls")))
        if role is Role.ASSISTANT
        else (),
        tool_call_id=fields.take_if("tool_call_id", TEXT) if is_tool else None,
        name=fields.take_if("function", TEXT) if is_tool else None,
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        extra=fields.rest(),
    )


def _assistant_origin(fields: Fields, call: ModelCall | None, *, has_calls: bool) -> Origin:
    """Tell who an assistant's words are of: a model call's, the prompt's, or (no call gave them) the scaffold's."""
    source = peek(fields, "source", TEXT)
    if source == "generate" or call is not None:
        return Origin.SAMPLED
    if source == "input":
        return Origin.COPIED
    return Origin.SCRIPTED if has_calls else Origin.SAMPLED


def _content(fields: Fields) -> tuple[str | None, str | None, str | None]:
    """Read thoughts, text, and content of its own shape; early logs of 2025 tell thoughts beside the content."""
    beside = fields.take_if("reasoning", TEXT)
    parts = take_parts(fields, "content")
    if parts is None:
        return beside, *read_any_content(fields, "content")
    thoughts = [part for part in parts if part.kind == "reasoning"]
    said = [part for part in parts if part.kind != "reasoning"]
    reasoning = _reasoning(thoughts)
    text, content_json = read_words(said)
    left = [None if content_json and part in said else part.fields.rest() for part in parts]
    fields.put("content", list_left(parts, left))
    return beside if reasoning is None else reasoning, text, content_json


def _reasoning(thoughts: Sequence[Part]) -> str | None:
    """Read what was thought; of a redacted thought only the summary can be read, and several stay apart too."""
    texts: list[str] = []
    for thought in thoughts:
        is_redacted = peek(thought.fields, "redacted", FLAG) is True
        name = "summary" if is_redacted else "reasoning"
        text = peek(thought.fields, name, TEXT) if len(thoughts) > 1 else thought.fields.take_if(name, TEXT)
        texts += [] if text is None else [text]
    return "\n".join(texts) if texts else None


def _tool_call(fields: Fields) -> ToolCall:
    arguments = fields.take_raw("arguments") or b"{}"
    return ToolCall(
        name=fields.require("function", TEXT),
        arguments=arguments.decode(),
        call_id=fields.take_if("id", TEXT),
        extra=fields.rest(),
    )


def _raw_messages(sample: Fields) -> bytes:
    """Give the messages; of a sample that failed before the first, what it would have begun with."""
    raw = sample.take_raw("messages")
    if raw is not None and msgspec.json.decode(raw):
        return raw
    told = peek_raw(sample, "input") or b"[]"
    return told if told.startswith(b"[") else b'[{"role":"user","source":"input","content":%b}]' % told


def _elements(raws: bytes) -> Iterable[bytes]:
    return map(bytes, msgspec.json.decode(raws, type=list[msgspec.Raw]))
