"""One replay request: everything that who has the environment needs to go on from a state of a stored trial."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from curation.replay.strategy import ReplayStrategy
from schemas.identity import bucket_of, digest
from schemas.rows import Row
from schemas.training.openai_chat import chat_messages
from schemas.trajectory import Message, Origin, Role, Trajectory

FACT_CHARS = 300
"""What a writer is told of a call or a result at most."""


def request_of(trajectory: Trajectory, place: Mapping[str, Any], strategy: ReplayStrategy) -> Row:
    """Write a request; nothing of the task's secrets is in it.

    Args:
        trajectory: the trial, whole.
        place: its row of `ReplayStrategy.places`.
        strategy: who asks.

    Returns:
        JSON values, some as the source spells them, see `encode_jsonl`. Equal states, strategies and hints have equal ids.
    """
    seq, end_seq = place["seq"], place["end_seq"]
    before = trajectory.messages[:seq]
    hint = strategy.hint(_facts(trajectory, seq))
    key = digest("replay_request", strategy.name, strategy.version, trajectory.trajectory_id, seq, hint)
    return {
        "request_id": key,
        "trajectory_id": trajectory.trajectory_id,
        "seq": seq,
        "step": place["step"],
        "task": {"benchmark": trajectory.task.benchmark, "task_key": trajectory.task.task_key},
        "agent": trajectory.agent,
        "model": trajectory.model,
        "strategy": strategy.name,
        "source_method": strategy.published_as,
        "budget": strategy.budget,
        "hint": hint,
        "error": place["error"],
        "outcome": {
            "reward": place["outcome_reward"],
            "status": trajectory.status.value,
            "termination_reason": trajectory.termination_reason,
        },
        "action_prefix": _actions(before),
        "messages": _guided(chat_messages(before), hint),
        "attempt": None if end_seq is None else chat_messages(trajectory.messages[seq:end_seq]),
        "tools": None if trajectory.toolset is None else msgspec.Raw(trajectory.toolset.tools),
    }


def request_row(
    request: Row, trajectory: Trajectory, place: Mapping[str, Any], *, rule: str, bucket_count: int
) -> Row:
    """Give the row of `replay_requests` of a request that was made by `rule`."""
    own = {name: request[name] for name in ("request_id", "trajectory_id", "seq", "step", "strategy", "hint")}
    return own | {
        "bucket": bucket_of(trajectory.task.task_id, bucket_count),
        "task_id": trajectory.task.task_id,
        "rule": rule,
        "partner_id": place["partner_id"],
        "budget": request["budget"],
    }


def _actions(messages: Sequence[Message]) -> list[Row]:
    """List the calls to replay, as they were written; a turn of words has none."""
    return [
        {"seq": message.seq, "name": call.name, "arguments": call.arguments}
        for message in messages
        if message.origin is not Origin.DEMO
        for call in message.tool_calls + message.text_calls
    ]


def _guided(messages: list[Row], hint: str | None) -> list[Row]:
    """Put guidance where the policy reads it: behind what was said, or into the prompt when nobody acted yet."""
    if hint is None:
        return messages
    own = {"role": Role.SYSTEM.value, "content": hint}
    has_acted = any(message["role"] == Role.ASSISTANT.value for message in messages)
    prompt = next((index for index, one in enumerate(messages) if one["role"] == Role.SYSTEM.value), None)
    if has_acted:
        return [*messages, own]
    if prompt is None or not isinstance(messages[prompt]["content"], str):
        return [own, *messages]
    merged = messages[prompt] | {"content": f"{messages[prompt]['content']}\n\n{hint}"}
    return [*messages[:prompt], merged, *messages[prompt + 1 :]]


def _facts(trajectory: Trajectory, seq: int) -> dict[str, str]:
    """Tell what the agent did at a state, and what came back, cut to lines."""
    turn = trajectory.messages[seq]
    calls = turn.tool_calls + turn.text_calls
    results = {call.result_seq for call in calls}
    came_back = " ".join(message.text or "" for message in trajectory.messages if message.seq in results)
    step = "; ".join(f"{call.name}({call.arguments})" for call in calls) or "respond"
    return {"step": _line(step), "observation": _line(came_back)}


def _line(text: str) -> str:
    return " ".join(text.split())[:FACT_CHARS]
