"""Token counts of a Codex rollout file, which come as events beside the answers that they count."""

from collections.abc import Iterable, Sequence
from typing import Annotated, NamedTuple

import msgspec
from msgspec.structs import replace

from schemas.rollouts.parts.fields import INT64_MAX
from schemas.rollouts.sessions.codex_lines import Line
from schemas.trajectory import Message, Origin

Count = Annotated[int, msgspec.Meta(ge=0, le=INT64_MAX)]


class _Usage(msgspec.Struct, frozen=True, gc=False):
    input_tokens: Count | None = None
    """Cached ones included."""
    output_tokens: Count | None = None
    """Reasoning included."""


class _Info(msgspec.Struct, frozen=True, gc=False):
    total_token_usage: _Usage = _Usage()
    last_token_usage: _Usage = _Usage()


class _TokenCount(msgspec.Struct, gc=False):
    type: str
    info: _Info | None = None


class TokenCounts(NamedTuple):
    """What a session took."""

    calls: tuple[_Usage, ...]
    """Each model call, in order."""
    total: _Usage
    """All of them, as Codex adds them up."""


TOKEN_COUNT = msgspec.json.Decoder(_TokenCount)


def count_tokens(lines: Iterable[Line]) -> TokenCounts:
    """Read the counts; an event that comes again with the same total (new rate limits) is no other call."""
    infos: list[_Info] = []
    for line in lines:
        info = _info(line)
        if info is not None and (not infos or info.total_token_usage != infos[-1].total_token_usage):
            infos.append(info)
    return TokenCounts(
        tuple(info.last_token_usage for info in infos), infos[-1].total_token_usage if infos else _Usage()
    )


def spread_tokens(
    conversations: Sequence[tuple[Message, ...]], calls: Sequence[_Usage]
) -> list[tuple[Message, ...]]:
    """Give each sampled message its call's counts, if there are as many calls as messages; else none gets any.

    The events name no answer, and come before or behind it, so only their number can tell.
    """
    sampled_count = sum(
        message.origin is Origin.SAMPLED for messages in conversations for message in messages
    )
    if sampled_count != len(calls):
        return list(conversations)
    usages = iter(calls)
    return [
        tuple(
            _counted(message, next(usages)) if message.origin is Origin.SAMPLED else message
            for message in messages
        )
        for messages in conversations
    ]


def _info(line: Line) -> _Info | None:
    if line.kind != "event_msg":
        return None
    try:
        event = TOKEN_COUNT.decode(line.payload)
    except msgspec.ValidationError:
        return None
    return event.info if event.type == "token_count" else None


def _counted(message: Message, usage: _Usage) -> Message:
    return replace(message, prompt_tokens=usage.input_tokens, completion_tokens=usage.output_tokens)
