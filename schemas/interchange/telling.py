"""What a document must tell under `winnow`: each column that reading it would otherwise give differently."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from msgspec.structs import replace

from schemas.interchange.json_pieces import compact, exact, is_json
from schemas.rollouts.parts.own_facts import (
    JSON_COLUMNS,
    TASK_COLUMNS,
    CallFacts,
    MessageFacts,
    TrajectoryFacts,
)
from schemas.trajectory import Message, ToolCall, Trajectory

Columns = dict[str, Any]
Place = TypeVar("Place", int, tuple[int, int])


@dataclass(frozen=True, kw_only=True)
class Told:
    """The columns that a document tells, ready to be encoded."""

    trajectory: Columns = field(default_factory=dict)
    messages: Mapping[int, Columns] = field(default_factory=dict)
    """By `seq`."""
    calls: Mapping[tuple[int, int], Columns] = field(default_factory=dict)
    """By `seq` of the message and index of the call."""
    is_apart: bool = False
    """True when nothing of a foreign shape may be spliced in, because it would make the document another format's."""

    @property
    def is_empty(self) -> bool:
        """True when no column is told."""
        return not (self.trajectory or self.messages or self.calls)

    def __or__(self, more: "Told") -> "Told":
        """Join what both tell."""
        return Told(
            trajectory=self.trajectory | more.trajectory,
            messages=_joined(self.messages, more.messages),
            calls=_joined(self.calls, more.calls),
            is_apart=self.is_apart or more.is_apart,
        )

    def of(self, message: Message) -> Columns:
        """Give what is told of one message and its calls; empty when nothing is."""
        columns = self.messages.get(message.seq, {})
        calls = [self.calls.get((message.seq, index), {}) for index in range(len(message.tool_calls))]
        return {**columns, "tool_calls": calls} if any(calls) else columns


def differences(wanted: Trajectory, found: Trajectory) -> Told:
    """Tell each column of a trajectory that was read back otherwise; what JSON cannot carry does not differ.

    Args:
        wanted: what was written.
        found: what its document reads as, with as many messages.
    """
    messages: dict[int, Columns] = {}
    calls: dict[tuple[int, int], Columns] = {}
    for message, read in zip(wanted.messages, found.messages, strict=True):
        if message == read:
            continue
        columns = _differing(_message_columns(message), _message_columns(read))
        if len(message.tool_calls) != len(read.tool_calls):
            # A field of its `extra` was taken for a call (`function_call`): what is told stands in no message.
            columns |= {"extra": exact(message.extra)}
        if columns:
            messages[message.seq] = columns
        for index, (call, other) in enumerate(zip(message.tool_calls, read.tool_calls, strict=False)):
            if columns := _differing(_call_columns(call), _call_columns(other)):
                calls[message.seq, index] = columns
    return Told(
        trajectory=_differing(_trajectory_columns(wanted), _trajectory_columns(found)),
        messages=messages,
        calls=calls,
    )


def known(columns: Columns) -> Columns:
    """Leave out what is unknown: a reader takes an absent field for a null one."""
    return {name: value for name, value in columns.items() if value is not None}


def _differing(wanted: Columns, found: Columns) -> Columns:
    return {
        name: exact(value) if name in JSON_COLUMNS else carried
        for name, value in wanted.items()
        if value != found[name] and (carried := _carried(name, value)) != _carried(name, found[name])
    }


def _carried(name: str, value: Any) -> Any:
    """Give a value as a document can carry it at best."""
    if isinstance(value, float):
        return _finite(value)
    if name == "scores":
        return [replace(score, value=_finite(score.value)) for score in value]
    if name == "extra" and value is not None and is_json(value):
        return compact(value)
    return value


def _finite(value: float | None) -> float | None:
    """Give a number that JSON knows; null for any other."""
    return value if value is not None and math.isfinite(value) else None


def _trajectory_columns(trajectory: Trajectory) -> Columns:
    columns = {name: getattr(trajectory.task, name) for name in TASK_COLUMNS}
    columns["tools"] = None if trajectory.toolset is None else trajectory.toolset.tools
    own = (name for name in TrajectoryFacts.__struct_fields__ if name not in columns)
    return columns | {name: getattr(trajectory, name) for name in own}


def _message_columns(message: Message) -> Columns:
    return {name: getattr(message, name) for name in MessageFacts.__struct_fields__ if name != "tool_calls"}


def _call_columns(call: ToolCall) -> Columns:
    return {name: getattr(call, name) for name in CallFacts.__struct_fields__}


def _joined(one: Mapping[Place, Columns], other: Mapping[Place, Columns]) -> dict[Place, Columns]:
    joined = dict(one)
    for place, columns in other.items():
        joined[place] = joined.get(place, {}) | columns
    return joined
