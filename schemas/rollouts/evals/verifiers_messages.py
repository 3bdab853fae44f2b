"""Conversations of verifiers: what the environment prompts with, and what it and the policy then say.

Only assistant messages of the completion are sampled. Assistant messages of the prompt are examples; user turns of the
completion are the environment's.
"""

from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from schemas.reasons import RejectReason
from schemas.rollouts.parts.chat import chat_messages
from schemas.rollouts.parts.fields import ELEMENTS, TEXT, Fields, json_text
from schemas.trajectory import Message, Origin, Role

CALLS = "tool_calls"
ENVELOPE = "function"


def read_rollout(row: Fields) -> tuple[Message, ...]:
    """Take prompt and completion, each a list of chat messages or one string.

    Raises:
        RecordFault: both are empty, or one holds what is no chat message.
    """
    prompt = list(_turns(row, "prompt", "user"))
    completion = list(_turns(row, "completion", "assistant"))
    if not prompt and not completion:
        raise row.fault(RejectReason.EMPTY_CONVERSATION, "Both `prompt` and `completion` are empty.")
    messages = chat_messages([*prompt, *completion])
    return tuple(_told(message, is_prompt=message.seq < len(prompt)) for message in messages)


def unpack_calls(message: Fields) -> Fields:
    """Spell a message's calls as OpenAI does: verifiers writes them as JSON strings (v0) or flat (v1).

    Raises:
        RecordFault: a call is no object.
    """
    calls = message.take(CALLS, ELEMENTS)
    if calls is not None:
        message.put(CALLS, f"[{','.join(_call(bytes(call)) for call in calls)}]")
    return message


def _turns(row: Fields, name: str, role: str) -> Iterator[Fields]:
    raw = row.take_raw(name)
    if raw is not None and raw.startswith(b'"'):
        text = {"role": role, "content": TEXT.decode(raw)}
        yield Fields(msgspec.json.encode(text), f"$.{name}")
        return
    row.put(name, None if raw is None else raw.decode())
    for turn in row.take_objects(name):
        yield unpack_calls(turn)


def _call(raw: bytes) -> str:
    text = TEXT.decode(raw) if raw.startswith(b'"') else raw.decode()
    try:
        call = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        return json_text(text)
    if ENVELOPE in call or "name" not in call:
        return text
    called = {name: call.pop(name) for name in ("name", "arguments") if name in call}
    return json_text(call | {ENVELOPE: called})


def _told(message: Message, *, is_prompt: bool) -> Message:
    if is_prompt:
        return replace(message, origin=Origin.DEMO) if message.role is Role.ASSISTANT else message
    return message if message.role is Role.ASSISTANT else replace(message, origin=Origin.INJECTED)
