"""A request to the OpenAI Responses API and what came back, as one conversation.

The request is the prompt: what an assistant says in it was sampled elsewhere. The response's output is what the
policy did, over several model calls when a scaffold collected them in one response.
"""

from collections.abc import Mapping
from itertools import dropwhile, takewhile
from typing import NamedTuple

from msgspec.structs import replace

from schemas.reasons import RejectReason
from schemas.rollouts.chats.openai_chat import read_toolset
from schemas.rollouts.chats.responses_items import (
    ANSWER_ORIGINS,
    PROMPT_ORIGINS,
    item_messages,
    number_messages,
)
from schemas.rollouts.parts.content_parts import OBJECT
from schemas.rollouts.parts.fields import COUNT, TEXT, Fields
from schemas.rollouts.parts.peeking import peek, peek_raw
from schemas.trajectory import Message, Origin, Role, Status, Toolset

STATES = {"completed": Status.COMPLETED, "incomplete": Status.TRUNCATED, "failed": Status.INFRA_ERROR}


class Exchange(NamedTuple):
    """What request and response tell together."""

    messages: tuple[Message, ...]
    toolset: Toolset | None
    model: str | None
    status: Status
    termination_reason: str | None
    prompt_tokens: int | None
    """Cached ones included, as OpenAI counts; of a response that collects several calls, what its writer summed."""
    completion_tokens: int | None


def read_exchange(
    request: Fields,
    response: Fields,
    *,
    prompt: Mapping[Role, Origin] = PROMPT_ORIGINS,
    answer: Mapping[Role, Origin] = ANSWER_ORIGINS,
) -> Exchange:
    """Read both; what is left of them stays in them, without what the response only repeats.

    Args:
        request: `input`, `instructions`, `tools` and parameters.
        response: `output`, `usage`, `status` and repeated parameters.
        prompt: where the words of the request come from.
        answer: where the words of the response come from.

    Raises:
        RecordFault: `empty_conversation` when the response has no output, or an item is malformed.
    """
    output = response.take_objects("output")
    if not output:
        raise response.fault(RejectReason.EMPTY_CONVERSATION, "'output' has no items.")
    _drop_echo(request, response)
    status, reason = _ending(response)
    prompt_tokens, completion_tokens = _tokens(response)
    messages = number_messages(_prompt(request, prompt), item_messages(output, answer))
    return Exchange(
        messages=messages,
        toolset=read_toolset(request, "tools") or read_toolset(response, "tools"),
        model=_filled(response, "model") or _filled(request, "model"),
        status=status,
        termination_reason=reason,
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
    )


def _prompt(request: Fields, origins: Mapping[Role, Origin]) -> list[Message]:
    """Read what the policy is given: the instructions, and a text or items."""
    instructions = request.take_if("instructions", TEXT)
    messages = [] if instructions is None else [_said(Role.SYSTEM, instructions)]
    text = request.take_if("input", TEXT)
    if text is not None:
        return [*messages, _said(Role.USER, text)]
    messages += item_messages(request.take_objects("input"), origins)
    return [*map(_as_greeting, takewhile(_is_no_user, messages)), *dropwhile(_is_no_user, messages)]


def _is_no_user(message: Message) -> bool:
    return message.role is not Role.USER


def _as_greeting(message: Message) -> Message:
    """What an assistant says before any user does is fixed."""
    return replace(message, origin=Origin.SCRIPTED) if message.role is Role.ASSISTANT else message


def _said(role: Role, text: str) -> Message:
    return Message(seq=0, role=role, origin=Origin.SCRIPTED, text=text)


def _drop_echo(request: Fields, response: Fields) -> None:
    """Take out of a response the parameters that it repeats from its request in the same spelling."""
    if request is response:
        return
    asked = OBJECT.decode(request.rest() or "{}")
    for name, raw in OBJECT.decode(response.rest() or "{}").items():
        if asked.get(name) == raw:
            response.take_raw(name)


def _ending(response: Fields) -> tuple[Status, str | None]:
    """Read how the response ended; nothing said is unknown."""
    details = response.take_object("incomplete_details")
    reason = details.take_if("reason", TEXT)
    if peek_raw(response, "error") is not None:
        status = Status.INFRA_ERROR
    elif reason is not None:
        status = Status.TRUNCATED
    else:
        status = STATES.get(peek(response, "status", TEXT) or "", Status.UNKNOWN)
    response.put("incomplete_details", details.rest())
    return status, reason


def _tokens(response: Fields) -> tuple[int | None, int | None]:
    """Read the counts; a prompt of no tokens was not counted, and then neither number is one."""
    usage = response.take_object("usage")
    counts: tuple[int | None, int | None] = None, None
    if peek_raw(usage, "input_tokens") != b"0":
        counts = usage.take_if("input_tokens", COUNT), usage.take_if("output_tokens", COUNT)
    response.put("usage", usage.rest())
    return counts


def _filled(fields: Fields, name: str) -> str | None:
    """Take a text that says something; an empty one stays."""
    text = fields.take_if(name, TEXT)
    if text == "":
        fields.put(name, '""')
    return text or None
