"""Chain logged LLM calls: each repeats the prompt so far, so a conversation is stored once, with each response in it.

A call goes on with a conversation when its prompt begins with all of it. Otherwise (a retry, a condensed history, a
helper's call) it begins one of its own, which shares the start that it has in common with an earlier one.

Two spellings of a message say the same when only these differ: content as a string or as one text part, null or
absent fields, and cache marks, which move with every call. The first spelling is stored; the cache marks of a
repeated start are kept with the call (`cache_control`), so that every prompt can be written again.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from schemas.rollouts.openhands.litellm_response import read_message, with_extra
from schemas.rollouts.parts.fields import Fields, json_text
from schemas.rollouts.parts.linking import link_results
from schemas.trajectory import Message, Origin, Role

MARK = "cache_control"


class Call(NamedTuple):
    """One logged call."""

    prompt: tuple[msgspec.Raw, ...]
    response: Message
    cost_usd: float | None
    tools: bytes | None
    """The exact array of tool schemas; null when the call had none."""
    place: str


class Turn(NamedTuple):
    """A message, and what it says whatever its spelling."""

    said: str
    message: Message


@dataclass
class Chain:
    """One conversation as its calls tell it."""

    turns: list[Turn] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    @property
    def messages(self) -> tuple[Message, ...]:
        """The whole conversation, linked."""
        return link_results([replace(turn.message, seq=seq) for seq, turn in enumerate(self.turns)])

    @property
    def tools(self) -> bytes | None:
        """The tool schemas of its first call."""
        return self.calls[0].tools


def chain_calls(calls: list[Call]) -> list[Chain]:
    """Chain calls, in the order in which they were made.

    Raises:
        RecordFault: a message of a prompt is not a chat message.
    """
    chains: list[Chain] = []
    for call in calls:
        prompt = [_said(raw, f"{call.place}.messages[{index}]") for index, raw in enumerate(call.prompt)]
        chain, shared_count = _nearest(chains, prompt)
        if chain is None or shared_count < len(chain.turns):
            chain = Chain(chain.turns[:shared_count] if chain else [])
            chains.append(chain)
        marks = _marks(call.prompt[:shared_count])
        chain.turns += (
            Turn(said, _prompt_message(raw, f"{call.place}.messages[{index}]"))
            for index, (said, raw) in enumerate(zip(prompt, call.prompt, strict=True))
            if index >= shared_count
        )
        chain.turns.append(_response_turn(call, chain, marks))
        chain.calls.append(call)
    return chains


def _nearest(chains: list[Chain], prompt: list[str]) -> tuple[Chain | None, int]:
    """Find the conversation with the longest start in common with a prompt; the latest of equals."""
    best: Chain | None = None
    most = 0
    for chain in chains:
        said = [turn.said for turn in chain.turns]
        limit = min(len(said), len(prompt))
        common = next((index for index in range(limit) if said[index] != prompt[index]), limit)
        if common and common >= most:
            best, most = chain, common
    return best, most


def _prompt_message(raw: msgspec.Raw, place: str) -> Message:
    """Read a message that a prompt brings in; an assistant's words that no logged call sampled are context."""
    message = read_message(Fields(raw, place))
    return replace(message, origin=Origin.COPIED) if message.role is Role.ASSISTANT else message


def _response_turn(call: Call, chain: Chain, marks: dict[str, Any]) -> Turn:
    sampled = with_extra(call.response, MARK, json_text(marks) if marks else None)
    if chain.calls and call.tools != chain.tools:
        sampled = with_extra(sampled, "tools", "null" if call.tools is None else call.tools.decode())
    return Turn(_said_by(call.response), sampled)


def _said_by(message: Message) -> str:
    """Spell a sampled message as a prompt repeats it."""
    calls = [
        {"id": call.call_id, "function": {"name": call.name, "arguments": call.arguments}, "type": "function"}
        | _object(call.extra)
        for call in message.tool_calls
    ]
    return _spelled(
        {
            "role": message.role.value,
            "content": message.text
            if message.content_json is None
            else msgspec.json.decode(message.content_json),
            "reasoning_content": message.reasoning,
            "tool_calls": calls or None,
        }
    )


def _object(raw: str | msgspec.Raw | None) -> dict[str, Any]:
    return {} if raw is None else msgspec.json.decode(raw, type=dict[str, Any])


def _said(raw: msgspec.Raw, place: str) -> str:
    return _spelled(_object(Fields(raw, place).rest()))


def _spelled(message: dict[str, Any]) -> str:
    """Write what a message says in one spelling."""
    content = message.get("content")
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if isinstance(parts, list):
        parts = [_unmarked(part) for part in parts]
    told = {
        name: value for name, value in message.items() if value is not None and name not in (MARK, "content")
    }
    is_empty = parts in (None, [], [{"type": "text", "text": ""}])
    return msgspec.json.encode(told | ({} if is_empty else {"content": parts}), order="sorted").decode()


def _unmarked(part: Any) -> Any:
    return {name: value for name, value in part.items() if name != MARK} if isinstance(part, dict) else part


def _marks(repeated: tuple[msgspec.Raw, ...]) -> dict[str, Any]:
    """Collect the cache marks of messages that are stored already, by the message's index, or its and its part's."""
    marks: dict[str, Any] = {}
    for index, raw in enumerate(repeated):
        message = _object(raw)
        content = message.get("content")
        places = {str(index): message}
        if isinstance(content, list):
            places |= {
                f"{index}.{number}": part for number, part in enumerate(content) if isinstance(part, dict)
            }
        marks |= {place: holder[MARK] for place, holder in places.items() if MARK in holder}
    return marks
