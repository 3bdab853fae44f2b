"""Read OpenAI Responses items: a flat list becomes canonical messages.

Source: the Responses API reference; function calls, their outputs, reasoning and messages were read in real NeMo Gym
rollouts, all other kinds are read as the reference describes them. Items that the model wrote one after the other are
one assistant message: reasoning, words and calls of one answer are items of their own there. A tool that the
provider runs itself has its result inside its call; here that is a message of its own too, which ends the answer.

Ids, states and whatever else no column holds stay in `extra.items`: one entry per item, without what a column holds.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, pairwise

from msgspec.structs import replace

from schemas.reasons import RejectReason
from schemas.rollouts.chats.responses_calls import (
    RESULT_SUFFIX,
    Item,
    read_call,
    read_result,
    take_result_inside,
)
from schemas.rollouts.parts.content_parts import (
    Part,
    list_left,
    read_any_content,
    read_words,
    take_parts,
    typed_object,
)
from schemas.rollouts.parts.fields import TEXT, Fields, json_text
from schemas.rollouts.parts.linking import link_results
from schemas.rollouts.parts.peeking import peek_raw
from schemas.trajectory import Message, Origin, Role

ROLES = {
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
    "user": Role.USER,
    "assistant": Role.ASSISTANT,
}
PROMPT_ORIGINS = {Role.SYSTEM: Origin.SCRIPTED, Role.USER: Origin.SCRIPTED, Role.ASSISTANT: Origin.COPIED}
ANSWER_ORIGINS = {Role.SYSTEM: Origin.SCRIPTED, Role.USER: Origin.SCRIPTED, Role.ASSISTANT: Origin.SAMPLED}

USUAL = ("reasoning", "message")
"""What comes before the calls in the usual order of an answer."""


def number_messages(*parts: Iterable[Message]) -> tuple[Message, ...]:
    """Put messages in a row, count them from 0, and link their results."""
    return link_results([replace(message, seq=seq) for seq, message in enumerate(chain(*parts))])


def item_messages(items: Iterable[Fields], origins: Mapping[Role, Origin]) -> list[Message]:
    """Read items; nothing is numbered or linked yet.

    Args:
        items: the items of one list, in order.
        origins: where the words of a role come from; results are always injected.

    Raises:
        RecordFault: an item has an unknown role, or is not what its kind promises.
    """
    messages: list[Message] = []
    answer: list[Item] = []
    for fields in items:
        item = Item(fields.take("type", TEXT) or "message", fields)
        role = _role(item)
        if role is Role.ASSISTANT:
            answer.append(item)
            result = take_result_inside(item)
        else:
            result = read_result(item) if role is Role.TOOL else _speech(item, role, origins[role])
        if result is not None:
            messages.extend(_answer(answer, origins))
            messages.append(result)
            answer = []
    return [*messages, *_answer(answer, origins)]


def _role(item: Item) -> Role:
    """Tell who made an item; what is neither a message nor a result is the model's."""
    if item.kind.endswith(RESULT_SUFFIX):
        return Role.TOOL
    if item.kind == "mcp_approval_response":
        return Role.USER
    if item.kind != "message":
        return Role.ASSISTANT
    role = item.fields.require("role", TEXT)
    if role not in ROLES:
        raise item.fields.fault(
            RejectReason.UNEXPECTED_SHAPE, f"Unknown role {role!r}. Known roles: {', '.join(sorted(ROLES))}."
        )
    if role != ROLES[role].value:
        item.fields.put("role", json_text(role))
    return ROLES[role]


def _speech(item: Item, role: Role, origin: Origin) -> Message:
    """Read what a user or the system says."""
    text, content_json = read_any_content(item.fields, "content")
    if item.kind != "message":
        item.fields.put("type", json_text(item.kind))
    return Message(
        seq=0, role=role, origin=origin, text=text, content_json=content_json, extra=item.fields.rest()
    )


def _answer(items: Sequence[Item], origins: Mapping[Role, Origin]) -> list[Message]:
    """Make one message of what the model wrote in one go; of nothing, none."""
    if not items:
        return []
    text, content_json = _words([item.fields for item in items if item.kind == "message"])
    thoughts = [item.fields for item in items if item.kind == "reasoning"]
    reasoning = [_thought(fields, is_lone=len(thoughts) == 1) for fields in thoughts]
    found = [thought for thought in reasoning if thought is not None]
    calls = tuple(read_call(item) for item in items if item.is_call)
    left = [None if item.is_call else item.fields.rest() for item in items]
    message = Message(
        seq=0,
        role=Role.ASSISTANT,
        origin=origins[Role.ASSISTANT],
        text=text,
        content_json=content_json,
        reasoning="\n".join(found) if found else None,
        tool_calls=calls,
        extra=_layout(items, left),
    )
    return [message]


def _words(messages: Sequence[Fields]) -> tuple[str | None, str | None]:
    """Read the words of an answer: several messages are parts of one content."""
    contents = [_parts(fields) for fields in messages]
    text, content_json = read_words([part for parts in contents for part in parts])
    if content_json is None:
        for fields, parts in zip(messages, contents, strict=True):
            fields.put("content", list_left(parts, [part.fields.rest() for part in parts]))
    return text, content_json


def _parts(message: Fields) -> list[Part]:
    """Take a message's content as parts; a string is one."""
    parts = take_parts(message, "content")
    raw = message.take_raw("content")
    if parts is not None or raw is None:
        return parts or []
    message.put("content", f'[{{"type":"output_text","text":{raw.decode()}}}]')
    return _parts(message)


def _thought(fields: Fields, *, is_lone: bool) -> str | None:
    """Read a thought, or else its summary; what is joined to one text stays apart in what is left."""
    for name in ("content", "summary"):
        raw = peek_raw(fields, name)
        parts = take_parts(fields, name) or []
        text, content_json = read_words(parts)
        if is_lone and text is not None and content_json is None:
            fields.put(name, list_left(parts, [part.fields.rest() for part in parts]))
        elif raw is not None:
            fields.put(name, raw.decode())
        if text is not None:
            return text
    return None


def _rank(item: Item) -> int:
    return USUAL.index(item.kind) if item.kind in USUAL else len(USUAL)


def _layout(items: Sequence[Item], left: Sequence[str | None]) -> str | None:
    """List items in their order; None when that says nothing but the usual order."""
    is_usual = all(_rank(before) <= _rank(after) for before, after in pairwise(items))
    kinds = [item.kind for item in items]
    is_plain = kinds.count("message") <= 1 and all(item.is_call or item.kind in USUAL for item in items)
    if is_usual and is_plain and not any(left):
        return None
    entries = (typed_object(item.kind, rest) for item, rest in zip(items, left, strict=True))
    return f'{{"items":[{",".join(entries)}]}}'
