"""Read one Anthropic message: its content blocks become canonical messages.

Source: the Messages API reference. A tool's result is a block of a *user* message there, and that of a tool which
the provider runs itself is a block of the *assistant's*; here both are messages of their own, so the words before and
behind a result are two messages, in the order in which the model saw them.

What no column holds (signatures, citations, cache marks, an unusual order) stays in `extra.content`: one entry per
block, without what a column holds.
"""

from collections.abc import Sequence
from enum import IntEnum
from itertools import groupby, pairwise

from msgspec.structs import replace

from schemas.reasons import RejectReason
from schemas.rollouts.parts.content_parts import (
    Part,
    join_objects,
    list_left,
    read_any_content,
    read_words,
    take_parts,
    typed_object,
)
from schemas.rollouts.parts.fields import TEXT, Fields, json_text
from schemas.trajectory import Message, Origin, Role, ToolCall

ROLES = {"system": Role.SYSTEM, "user": Role.USER, "assistant": Role.ASSISTANT}
ORIGINS = {Role.SYSTEM: Origin.SCRIPTED, Role.USER: Origin.SCRIPTED, Role.ASSISTANT: Origin.SAMPLED}
THOUGHTS = ("thinking", "redacted_thinking")
CALL_SUFFIX = "tool_use"
"""`tool_use`, `server_tool_use`, `mcp_tool_use`."""
RESULT_SUFFIX = "tool_result"
"""`tool_result`, `web_search_tool_result`, `mcp_tool_result`, `bash_code_execution_tool_result` ..."""


def block_messages(fields: Fields, seq: int, *, origin: Origin | None = None) -> tuple[Message, ...]:
    """Read one message; its results are not linked yet.

    Args:
        fields: the message: `role` and `content` are taken, what else is in it goes to the first message's `extra`.
        seq: of the first message.
        origin: where its words come from, when it is not what the role says; results are always injected.

    Returns:
        At least one message; several when results are among the blocks.

    Raises:
        RecordFault: it is not an Anthropic message.
    """
    role = _role(fields)
    spoken = Message(seq=seq, role=role, origin=origin or ORIGINS[role])
    blocks = take_parts(fields, "content")
    if blocks is None:
        messages = [replace(spoken, text=fields.take("content", TEXT))]
    else:
        messages = _spread(blocks, spoken)
    messages[0] = replace(messages[0], extra=join_objects(fields.rest(), messages[0].extra))
    return tuple(replace(message, seq=seq + index) for index, message in enumerate(messages))


class _Rank(IntEnum):
    """The usual order of what one answer holds."""

    THOUGHT = 0
    WORDS = 1
    CALL = 2


def _rank(block: Part) -> _Rank:
    if block.kind in THOUGHTS:
        return _Rank.THOUGHT
    return _Rank.CALL if block.kind.endswith(CALL_SUFFIX) else _Rank.WORDS


def _role(fields: Fields) -> Role:
    role = fields.require("role", TEXT)
    if role not in ROLES:
        raise fields.fault(
            RejectReason.UNEXPECTED_SHAPE, f"Unknown role {role!r}. Known roles: {', '.join(sorted(ROLES))}."
        )
    return ROLES[role]


def _spread(blocks: Sequence[Part], spoken: Message) -> list[Message]:
    """Make one message of each result, and one of each run of other blocks."""
    messages: list[Message] = []
    for is_result, run in groupby(blocks, key=lambda block: block.kind.endswith(RESULT_SUFFIX)):
        together = list(run)
        messages.extend(map(_result, together) if is_result else [_speech(together, spoken)])
    return messages or [spoken]


def _result(block: Part) -> Message:
    """Read one result; the type of a provider's own tool stays in `extra`."""
    fields = block.fields
    if block.kind != RESULT_SUFFIX:
        fields.put("type", json_text(block.kind))
    text, content_json = read_any_content(fields, "content")
    return Message(
        seq=0,
        role=Role.TOOL,
        origin=Origin.INJECTED,
        text=text,
        content_json=content_json,
        tool_call_id=fields.take_if("tool_use_id", TEXT),
        extra=fields.rest(),
    )


def _speech(blocks: Sequence[Part], spoken: Message) -> Message:
    """Read a run of blocks that one side says in one go; only an assistant calls."""
    is_assistant = spoken.role is Role.ASSISTANT
    calls = [block for block in blocks if is_assistant and _rank(block) is _Rank.CALL]
    said = [block for block in blocks if _rank(block) is not _Rank.THOUGHT and block not in calls]
    text, content_json = read_words(said)
    message = replace(
        spoken,
        text=text,
        content_json=content_json,
        reasoning=_reasoning([block.fields for block in blocks if _rank(block) is _Rank.THOUGHT]),
        tool_calls=tuple(map(_call, calls)),
    )
    held = (*calls, *said) if content_json is not None else calls
    layout = _layout(blocks, [None if block in held else block.fields.rest() for block in blocks])
    return message if layout is None else replace(message, extra=f'{{"content":{layout}}}')


def _reasoning(thoughts: Sequence[Fields]) -> str | None:
    """Join the thoughts; several stay apart in the layout too."""
    texts = [thought.take("thinking", TEXT) for thought in thoughts]
    found = [text for text in texts if text is not None]
    if len(found) > 1:
        for thought, text in zip(thoughts, texts, strict=True):
            thought.put("thinking", None if text is None else json_text(text))
    return "\n".join(found) if found else None


def _call(block: Part) -> ToolCall:
    """Read one call, with its arguments in the source's spelling; a provider's own tool keeps its block's type."""
    fields = block.fields
    if block.kind != CALL_SUFFIX:
        fields.put("type", json_text(block.kind))
    arguments = fields.take_raw("input") or b"{}"
    return ToolCall(
        name=fields.require("name", TEXT),
        arguments=arguments.decode(),
        call_id=fields.take_if("id", TEXT),
        extra=fields.rest(),
    )


def _layout(blocks: Sequence[Part], left: Sequence[str | None]) -> str | None:
    """List blocks in their order; None when that says nothing but the usual order."""
    ranks = [_rank(block) for block in blocks]
    if all(before <= after for before, after in pairwise(ranks)):
        return list_left(blocks, left)
    entries = (typed_object(block.kind, rest) for block, rest in zip(blocks, left, strict=True))
    return f"[{','.join(entries)}]"
