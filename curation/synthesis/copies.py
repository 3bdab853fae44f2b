"""New messages for a child: copies of turns under ids of their own, and the numbering of what comes out."""

import hashlib
import string
from collections.abc import Collection, Sequence

import msgspec

from curation.synthesis.turns import Turn
from schemas.trajectory import Message, Origin, ToolCall

_ALPHABETS = (string.digits, string.ascii_lowercase, string.ascii_uppercase)


def synthetic(message: Message) -> Message:
    """Mark a message as ours: its words are never trained, and its tokens were never counted."""
    return msgspec.structs.replace(
        message,
        origin=Origin.SYNTHETIC,
        reward=None,
        prompt_tokens=None,
        completion_tokens=None,
        extra=None,
    )


def copied_turn(turn: Turn, *, seq: int, key: str, taken: Collection[str]) -> list[Message]:
    """Copy a turn with its answers.

    Args:
        turn: the turn.
        seq: number of the copy's first message; it and those behind it must be free. They are what links name until
            `number` counts anew.
        key: what makes the new call ids its own.
        taken: call ids that the conversation has already.
    """
    seqs = {message.seq: seq + index for index, message in enumerate((turn.message, *turn.answers))}
    ids: dict[str | None, str] = {}
    for call in turn.calls:
        if call.call_id:
            ids[call.call_id] = similar_id(call.call_id, key, {*taken, *ids.values()})
    return [
        synthetic(
            msgspec.structs.replace(
                message,
                seq=seqs[message.seq],
                call_seq=None if message.call_seq is None else seqs.get(message.call_seq),
                tool_call_id=message.tool_call_id and ids.get(message.tool_call_id, message.tool_call_id),
                tool_calls=_copied_calls(message.tool_calls, seqs, ids),
                text_calls=_copied_calls(message.text_calls, seqs, ids),
            )
        )
        for message in (turn.message, *turn.answers)
    ]


def call_ids(messages: Sequence[Message]) -> set[str]:
    """List the call ids of a conversation."""
    return {
        call.call_id
        for message in messages
        for call in message.tool_calls + message.text_calls
        if call.call_id
    }


def similar_id(call_id: str, key: str, taken: Collection[str]) -> str:
    """Make an id that looks like another: letters stay letters and digits digits behind its last `_`, `-` or `.`.

    Examples:
        >>> made = similar_id("call_a1B2c3", "key", ())
        >>> made.startswith("call_"), made != "call_a1B2c3", len(made)
        (True, True, 11)
    """
    stem = max(call_id.rfind(sign) for sign in "_-.") + 1
    for attempt in range(len(taken) + 2):
        noise = hashlib.shake_256(f"{key}\0{call_id}\0{attempt}".encode()).digest(len(call_id))
        made = call_id[:stem] + "".join(
            _similar_sign(sign, byte) for sign, byte in zip(call_id[stem:], noise, strict=False)
        )
        if made != call_id and made not in taken:
            return made
    return f"{call_id}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"


def number(messages: Sequence[Message], first: int) -> tuple[Message, ...]:
    """Number messages from 0 without gaps, with their links; a call whose answer is gone has none.

    Args:
        messages: in their new order, each under the number that links name it by.
        first: from which place on contexts are other ones than those whose tokens and rewards were told.
    """
    seqs: dict[int | None, int] = {message.seq: seq for seq, message in enumerate(messages)}
    return tuple(
        msgspec.structs.replace(
            message,
            seq=seq,
            call_seq=seqs.get(message.call_seq),
            prompt_tokens=message.prompt_tokens if seq < first else None,
            reward=message.reward if seq < first else None,
            tool_calls=_linked(message.tool_calls, seqs),
            text_calls=_linked(message.text_calls, seqs),
        )
        for seq, message in enumerate(messages)
    )


def _linked(calls: tuple[ToolCall, ...], seqs: dict[int | None, int]) -> tuple[ToolCall, ...]:
    return tuple(msgspec.structs.replace(call, result_seq=seqs.get(call.result_seq)) for call in calls)


def _copied_calls(
    calls: tuple[ToolCall, ...], seqs: dict[int, int], ids: dict[str | None, str]
) -> tuple[ToolCall, ...]:
    return tuple(
        msgspec.structs.replace(
            call,
            call_id=call.call_id and ids[call.call_id],
            result_seq=None if call.result_seq is None else seqs[call.result_seq],
        )
        for call in calls
    )


def _similar_sign(sign: str, byte: int) -> str:
    for alphabet in _ALPHABETS:
        if sign in alphabet:
            return alphabet[byte % len(alphabet)]
    return sign
