"""Trajectories without what says where they were read, and without what a document is said to lose."""

import json
import math
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

from msgspec.structs import replace

from schemas.identity import content_digest
from schemas.rollouts import RawRecord, Rejection, Source, decode_record
from schemas.trajectory import Message, Relation, Trajectory

READ_AS = Source(uri="converted/rollouts.jsonl", name="converted")


def read(raw: bytes, *, expected: str) -> Trajectory:
    """Read a document as anybody would, format told from its content."""
    record = RawRecord(raw=raw, locator="line 1", index=0, record_id=content_digest(raw))
    decoded = decode_record(record, READ_AS)
    assert not isinstance(decoded, Rejection), decoded
    assert decoded.format_name == expected
    (trajectory,) = decoded.trajectories
    return trajectory


def without_place(trajectory: Trajectory) -> Trajectory:
    return replace(trajectory, record_id="", record_part=0, source_name="", source_format="")


def without(trajectory: Trajectory, losses: Collection[str]) -> Trajectory:
    """Take out of a trajectory what its document is said to lose."""
    for name in losses:
        trajectory = WITHOUT[name](trajectory)
    return without_place(trajectory)


def lost(wanted: Trajectory, found: Trajectory) -> dict[str, int]:
    """Count what of a trajectory is not in what was read back."""
    counts: Counter[str] = Counter()
    counts["task_secrets"] += wanted.task.secrets != found.task.secrets
    lineages = [(one.relation, one.parent_id, one.repair_rule) for one in (wanted, found)]
    counts["lineage"] += lineages[0] != lineages[1]
    counts["extra_spacing"] = sum(
        one != other for one, other in zip(extras(wanted), extras(found), strict=True)
    )
    counts["non_finite_number"] = sum(
        one is not None and other is None for one, other in zip(numbers(wanted), numbers(found), strict=True)
    )
    return {name: count for name, count in counts.items() if count}


def extras(trajectory: Trajectory) -> list[str | None]:
    calls = [call.extra for message in trajectory.messages for call in message.tool_calls]
    return [trajectory.extra, *(message.extra for message in trajectory.messages), *calls]


def numbers(trajectory: Trajectory) -> list[float | None]:
    rewards = [message.reward for message in trajectory.messages]
    values = [score.value for score in trajectory.scores]
    return [trajectory.outcome_reward, trajectory.cost_usd, *rewards, *values]


def _known(number: float | None) -> float | None:
    return None if number is None or not math.isfinite(number) else number


def _spaced(extra: str | None) -> str | None:
    """Give the names in order and the values of an extra, as JSON says them."""
    return None if extra is None else json.dumps(json.loads(extra, object_pairs_hook=lambda pairs: [pairs]))


def _without_secrets(trajectory: Trajectory) -> Trajectory:
    return replace(trajectory, task=replace(trajectory.task, secrets=None))


def _without_lineage(trajectory: Trajectory) -> Trajectory:
    return replace(trajectory, relation=Relation.ATTEMPT, parent_id=None, repair_rule=None)


def _without_spacing(trajectory: Trajectory) -> Trajectory:
    def plain(message: Message) -> Message:
        calls = tuple(replace(call, extra=_spaced(call.extra)) for call in message.tool_calls)
        return replace(message, tool_calls=calls, extra=_spaced(message.extra))

    messages = tuple(plain(message) for message in trajectory.messages)
    return replace(trajectory, messages=messages, extra=_spaced(trajectory.extra))


def _without_non_finite(trajectory: Trajectory) -> Trajectory:
    return replace(
        trajectory,
        messages=tuple(replace(message, reward=_known(message.reward)) for message in trajectory.messages),
        scores=tuple(replace(score, value=_known(score.value)) for score in trajectory.scores),
        outcome_reward=_known(trajectory.outcome_reward),
        cost_usd=_known(trajectory.cost_usd),
    )


WITHOUT: dict[str, Callable[[Any], Any]] = {
    "task_secrets": _without_secrets,
    "lineage": _without_lineage,
    "extra_spacing": _without_spacing,
    "non_finite_number": _without_non_finite,
}
