"""Mend one fault of one conversation; messages keep their numbers, by which links name them."""

from collections.abc import Collection, Sequence

import msgspec

from schemas.trajectory import Message, Origin, Role

Content = tuple[object, ...]


def dropped_orphans(messages: Sequence[Message]) -> list[Message]:
    """Leave out tool results that answer no call, unless no call is stored at all."""
    if not any(message.tool_calls or message.text_calls for message in messages):
        return list(messages)
    return [message for message in messages if message.role is not Role.TOOL or message.call_seq is not None]


def with_results_beside(messages: Sequence[Message]) -> list[Message]:
    """Put each tool result right behind the message whose call it answers, in the order of the calls."""
    callers = {message.seq: message for message in messages if message.role is Role.ASSISTANT}
    results: dict[int, list[Message]] = {}
    for message in messages:
        if message.role is Role.TOOL and message.call_seq in callers:
            results.setdefault(message.call_seq, []).append(message)
    placed: list[Message] = []
    for message in messages:
        if message.role is Role.TOOL and message.call_seq in callers:
            continue
        placed.append(message)
        placed.extend(_in_order_of_calls(message, results.get(message.seq, [])))
    return placed


def _in_order_of_calls(caller: Message, results: Sequence[Message]) -> list[Message]:
    calls = caller.tool_calls + caller.text_calls
    order: dict[int | None, int] = {}
    for index, call in enumerate(calls):
        order.setdefault(call.result_seq, index)
    return sorted(results, key=lambda result: (order.get(result.seq, len(calls)), result.seq))


def dropped_copies(messages: Sequence[Message]) -> list[Message]:
    """Leave out second copies of the start: the system message again, with everything that followed it."""
    kept = list(messages)
    at = copy_at([content_of(message) for message in kept], _systems(kept))
    while at is not None:
        kept = kept[:at] + kept[2 * at :]
        at = copy_at([content_of(message) for message in kept], _systems(kept))
    return kept


def _systems(messages: Sequence[Message]) -> list[int]:
    if not messages or messages[0].role is not Role.SYSTEM:
        return []
    return [index for index, message in enumerate(messages) if message.role is Role.SYSTEM]


def copy_at(contents: Sequence[object], systems: Sequence[int]) -> int | None:
    """Find where the whole start comes again.

    Args:
        contents: what is compared, per message.
        systems: indexes of the system messages, when the first message is one.

    Returns:
        Least index of two or more at which all that stands before it comes again; null: nowhere.
    """
    for at in systems:
        if at > 1 and contents[:at] == contents[at : 2 * at]:
            return at
    return None


def content_of(message: Message) -> Content:
    """Give what two copies of a message have in common."""
    calls = tuple((call.name, call.arguments) for call in message.tool_calls)
    return message.role, message.text, message.content_json, message.reasoning, calls


def with_ids(messages: Sequence[Message]) -> list[Message]:
    """Give each call an id of its own, and each tool result that of the call it answers."""
    taken = {call.call_id for message in messages for call in message.tool_calls if call.call_id}
    used: set[str] = set()
    named: list[Message] = []
    for message in messages:
        ids = [
            _own_id(call.call_id, f"call_{message.seq}_{index}", used, taken)
            for index, call in enumerate(message.tool_calls)
        ]
        calls = tuple(
            msgspec.structs.replace(call, call_id=name)
            for call, name in zip(message.tool_calls, ids, strict=True)
        )
        named.append(msgspec.structs.replace(message, tool_calls=calls))
    answers = _answered_ids(named)
    return [
        msgspec.structs.replace(message, tool_call_id=answers[message.seq, message.call_seq])
        if message.role is Role.TOOL and (message.seq, message.call_seq) in answers
        else message
        for message in named
    ]


def _own_id(call_id: str | None, fresh: str, used: set[str], taken: Collection[str]) -> str:
    """Keep an id that is the call's alone; else make one, and note it."""
    name = call_id
    if not name or name in used:
        name = fresh
        while name in used or name in taken:
            name = f"{name}x"
    used.add(name)
    return name


def _answered_ids(messages: Sequence[Message]) -> dict[tuple[int, int | None], str]:
    """Map each result, with the message that called it, to the id of the first call that names it."""
    ids: dict[tuple[int, int | None], str] = {}
    for message in messages:
        for call in message.tool_calls:
            if call.result_seq is not None and call.call_id:
                ids.setdefault((call.result_seq, message.seq), call.call_id)
    return ids


def merged(messages: Sequence[Message], roles: Collection[Role]) -> list[Message]:
    """Make one message of neighbours of one role."""
    kept: list[Message] = []
    for message in messages:
        if kept and message.role in roles and can_merge(kept[-1], message):
            kept[-1] = _joined(kept[-1], message)
        else:
            kept.append(message)
    return kept


def can_merge(one: Message, other: Message) -> bool:
    """Tell whether two neighbours can be one message, with no word lost and no link broken."""
    same = (one.role, one.name, _voice(one)) == (other.role, other.name, _voice(other))
    is_plain = one.content_json is None and other.content_json is None
    is_linked = bool(one.tool_calls or one.text_calls) or (one.call_seq, other.call_seq) != (None, None)
    return same and is_plain and not is_linked


def _joined(one: Message, other: Message) -> Message:
    return msgspec.structs.replace(
        other,
        origin=_voice(one),
        text=_joined_text(one.text, other.text),
        reasoning=_joined_text(one.reasoning, other.reasoning),
        prompt_tokens=one.prompt_tokens,
        completion_tokens=None,
        extra=None,
    )


def _voice(message: Message) -> Origin:
    """Give the origin that its words have in a merged message."""
    return Origin.REPAIRED if message.origin is Origin.SAMPLED else message.origin


def _joined_text(one: str | None, other: str | None) -> str | None:
    if one is None or other is None:
        return one if other is None else other
    return f"{one}\n\n{other}"
