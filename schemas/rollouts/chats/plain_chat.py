"""The fast road for the plainest chat records, which are most of the bytes that there are: one typed pass, no detours.

A record takes it only when every field has a place and a plain type; all others go the general road of `openai_chat`.
Both roads give equal trajectories, which a test holds over all formats' records. It is some three times as fast.
"""

from typing import Literal

import msgspec

from schemas.rollouts.format import RawRecord, Source
from schemas.rollouts.parts.benchmarks import benchmark_of
from schemas.rollouts.parts.chat import policy_text, prompt_key
from schemas.rollouts.parts.fields import FLOAT_EXACT, INT64_MAX
from schemas.rollouts.parts.linking import link_results
from schemas.rollouts.parts.repeated_fields import repeated_field
from schemas.trajectory import Message, Origin, Role, Status, Task, ToolCall, Trajectory

PLACES = {
    "system": (Role.SYSTEM, Origin.SCRIPTED),
    "user": (Role.USER, Origin.SCRIPTED),
    "assistant": (Role.ASSISTANT, Origin.SAMPLED),
    "tool": (Role.TOOL, Origin.INJECTED),
}


class _Function(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    name: str
    arguments: str


class _Call(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    function: _Function
    id: str | None = None
    type: Literal["function"] | None = None


class _Message(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    role: Literal["system", "user", "assistant", "tool"]
    content: str | None = None
    reasoning_content: str | None = None
    tool_calls: list[_Call] | msgspec.UnsetType | None = msgspec.UNSET
    tool_call_id: str | msgspec.UnsetType | None = msgspec.UNSET
    name: str | None = None

    def is_plain(self) -> bool:
        """Tell whether calls and their answers stand only where they mean something."""
        return (self.tool_calls is msgspec.UNSET or self.role == "assistant") and (
            self.tool_call_id is msgspec.UNSET or self.role == "tool"
        )


class _Record(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    messages: list[_Message]
    benchmark: str | None = None
    task_id: str | int | None = None
    instance_id: str | int | msgspec.UnsetType | None = msgspec.UNSET
    split: str | None = None
    trial: int | None = None
    agent: str | None = None
    model: str | None = None
    status: Status | None = None
    termination_reason: str | None = None
    reward: float | None = None
    cost_usd: float | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


RECORD = msgspec.json.Decoder(_Record)
OUTLINE = msgspec.json.Decoder(dict[str, msgspec.Raw])


def read_plain_chat(record: RawRecord, source: Source, *, format_name: str) -> Trajectory | None:
    """Read a record if it is of the plainest shape; None says nothing about it."""
    try:
        read = RECORD.decode(record.raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if not read.messages or not _fits(read) or repeated_field(record.raw, OUTLINE.decode(record.raw)):
        return None
    messages = link_results([_message(message, seq) for seq, message in enumerate(read.messages)])
    task_key = _named_task(read)
    return Trajectory(
        record_id=record.record_id,
        source_name=source.name,
        source_format=format_name,
        task=Task(
            benchmark=read.benchmark or benchmark_of(task_key or "", source.name),
            task_key=prompt_key(messages, record.record_id) if task_key is None else task_key,
            split=read.split,
            policy=policy_text(messages),
        ),
        messages=messages,
        trial=read.trial,
        agent=read.agent,
        model=read.model,
        status=read.status or Status.UNKNOWN,
        termination_reason=read.termination_reason,
        outcome_reward=read.reward,
        cost_usd=read.cost_usd,
        prompt_tokens=read.prompt_tokens,
        completion_tokens=read.completion_tokens,
    )


def _fits(read: _Record) -> bool:
    """Tell whether all numbers fit their columns, one name tells the task, and all messages are plain."""
    counts = (read.prompt_tokens, read.completion_tokens)
    return (
        all(count is None or 0 <= count <= INT64_MAX for count in counts)
        and (read.task_id is None or read.instance_id is msgspec.UNSET)
        and (read.trial is None or abs(read.trial) <= INT64_MAX)
        and all(abs(figure or 0) < FLOAT_EXACT for figure in (read.reward, read.cost_usd))
        and all(message.is_plain() for message in read.messages)
    )


def _named_task(read: _Record) -> str | None:
    named = read.instance_id if read.task_id is None else read.task_id
    return None if named is None or named is msgspec.UNSET else str(named)


def _message(read: _Message, seq: int) -> Message:
    role, origin = PLACES[read.role]
    calls = tuple(
        ToolCall(name=call.function.name, arguments=call.function.arguments, call_id=call.id)
        for call in read.tool_calls or ()
    )
    return Message(
        seq=seq,
        role=role,
        origin=origin,
        text=read.content,
        reasoning=read.reasoning_content,
        tool_calls=calls,
        tool_call_id=None if read.tool_call_id is msgspec.UNSET else read.tool_call_id,
        name=read.name,
    )
