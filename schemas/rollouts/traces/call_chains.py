"""Model calls that each repeat the history: put together again, so that every message is there once.

Traces log a call's whole prompt. A prompt that begins with what an earlier conversation said goes on from there;
where it parts from it, a branch begins. What repeats a message may leave out what only the answer told (thoughts, token
counts) and write a call's arguments anew; what it says otherwise makes it another message.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from schemas.rollouts.parts.fields import Fields, json_text
from schemas.rollouts.parts.linking import link_results
from schemas.rollouts.traces.llm_payloads import read_payload
from schemas.trajectory import Message, Origin, Role, ToolCall


class Call(NamedTuple):
    """One model call."""

    inputs: tuple[Message, ...]
    """The whole prompt."""
    outputs: tuple[tuple[Message, ...], ...]
    """The answers: several when several were asked for; none when the call failed."""
    tools: str | None = None
    """The exact JSON array of tool schemas, where the payload holds them."""
    rest: str | None = None
    """What stood beside the messages, as a JSON object."""


def payload_call(asked: str | None, answered: str | None) -> Call:
    """Read a call whose input and output were logged as JSON of a provider's shape, or as text."""
    prompt, answer = read_payload(asked, Role.USER), read_payload(answered, Role.ASSISTANT)
    rest = Fields(b"{}", "call")
    rest.put("input", prompt.rest)
    rest.put("output", answer.rest)
    outputs = (answer.messages,) if answer.messages else ()
    return Call(prompt.messages, outputs, prompt.tools, rest.rest())


def chain_calls(calls: Iterable[Call]) -> list[tuple[Message, ...]]:
    """Put calls together to conversations, numbered and linked.

    Args:
        calls: in the order in which they were made.

    Returns:
        Conversations in the order in which they began; what an assistant said before the first call that we know
        was sampled elsewhere, so it is `COPIED`.
    """
    conversations: list[list[Message]] = []
    for call in calls:
        history, place = _history(call.inputs, conversations)
        for answer in call.outputs or ((),):
            whole = [*history, *answer]
            if place is None:
                conversations.append(whole)
            else:
                conversations[place] = whole
            place = None
    return [_numbered(conversation) for conversation in conversations]


def _history(
    inputs: Sequence[Message], conversations: Sequence[list[Message]]
) -> tuple[list[Message], int | None]:
    """Find what a prompt goes on from.

    Returns:
        The prompt, with what was said before in the words of who said it; and which conversation it continues,
        None when it parts from all.
    """
    shared = [_repeat_count(said, inputs) for said in conversations]
    longest = max(shared, default=0)
    place = shared.index(longest) if longest else None
    known = conversations[place][:longest] if place is not None else []
    continues = place is not None and longest == len(conversations[place])
    fresh = [_copied(message) for message in inputs[longest:]]
    return [*known, *fresh], place if continues else None


def _repeat_count(said: Sequence[Message], inputs: Sequence[Message]) -> int:
    pairs = zip(said, inputs, strict=False)
    return next(
        (index for index, (one, again) in enumerate(pairs) if not _is_repeat(one, again)),
        min(len(said), len(inputs)),
    )


def _is_repeat(said: Message, again: Message) -> bool:
    """Tell whether a message says nothing that the first did not."""
    fewer = replace(
        again,
        seq=said.seq,
        origin=said.origin,
        call_seq=said.call_seq,
        reasoning=said.reasoning if again.reasoning is None else again.reasoning,
        extra=said.extra if again.extra is None else again.extra,
        prompt_tokens=said.prompt_tokens,
        completion_tokens=said.completion_tokens,
        tool_calls=_calls(again),
    )
    return fewer == replace(said, tool_calls=_calls(said))


def _calls(message: Message) -> tuple[ToolCall, ...]:
    """Give calls without their links, and their arguments in one spelling: a repeat may be written anew."""
    return tuple(
        replace(call, arguments=_respelled(call.arguments), result_seq=None) for call in message.tool_calls
    )


def _respelled(arguments: str) -> str:
    try:
        return json_text(msgspec.json.decode(arguments))
    except (msgspec.DecodeError, RecursionError):
        return arguments


def _copied(message: Message) -> Message:
    is_earlier = message.role is Role.ASSISTANT and message.origin is Origin.SAMPLED
    return replace(message, origin=Origin.COPIED) if is_earlier else message


def _numbered(conversation: Iterable[Message]) -> tuple[Message, ...]:
    return link_results([replace(message, seq=seq) for seq, message in enumerate(conversation)])
