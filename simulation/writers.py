"""The file formats that rollouts are written in.

A format turns one rollout into bytes and says where those go: lines of numbered parts, elements of
one JSON array per domain, or a file of its own. Add one: a `Format` and a line in `FORMATS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Literal

import orjson

from simulation.rendering import Message, Scene, render_messages

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulation.domains.domain import JsonObject
    from simulation.rollout import Rollout

BENCHMARK: Final = "winnow-sim"
AGENT: Final = "sim-agent"
MODEL: Final = "sim-policy"
"""The same for every skill, so that the trials of a task form one group."""

VERSION: Final = "1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Format:
    """One file format."""

    encode: Callable[[Rollout, Scene], bytes]
    container: Literal["lines", "array", "files"]
    """`lines`: rollouts/part-00000.jsonl and so on. `array`: rollouts/sim-<domain>.json, one JSON
    array. `files`: rollouts/<task>/<trial>/agent/trajectory.json."""


def encode_openai_chat(rollout: Rollout, scene: Scene) -> bytes:
    """Return one line of an OpenAI chat JSONL file."""
    messages: list[Message | orjson.Fragment] = [*render_messages(rollout, scene)]
    messages[0] = _system_message(scene.system)
    return orjson.dumps(
        {
            "id": rollout.rollout_id,
            "benchmark": BENCHMARK,
            "task_id": rollout.task.task_id,
            "trial": rollout.trial,
            "agent": AGENT,
            "model": MODEL,
            "reward": rollout.reward,
            "status": rollout.status,
            "messages": messages,
            "tools": _encode_tools(scene),
        },
        option=orjson.OPT_APPEND_NEWLINE,
    )


def encode_tau_bench(rollout: Rollout, scene: Scene) -> bytes:
    """Return one element of a tau-bench results file; the gold action is in it, as it is there."""
    task = rollout.task
    name, arguments = scene.call(task.gold)
    actions = [{"name": name, "kwargs": orjson.Fragment(arguments)}]
    state_hash = sha256(f"{task.task_id} {' '.join(task.goal_statuses)}".encode()).hexdigest()
    return orjson.dumps(
        {
            "task_id": task.index,
            "reward": rollout.reward,
            "info": {
                "task": {
                    "user_id": scene.user_id,
                    "actions": actions,
                    "instruction": scene.instruction,
                    "outputs": [],
                },
                "source": "user",
                "user_cost": 0.0,
                "reward_info": {
                    "reward": rollout.reward,
                    "info": {"r_actions": rollout.reward, "gt_data_hash": state_hash},
                    "actions": actions,
                },
            },
            "traj": render_messages(rollout, scene),
            "trial": rollout.trial,
        }
    )


def encode_atif(rollout: Rollout, scene: Scene) -> bytes:
    """Return one ATIF trajectory; tool results are merged into the agent step that called."""
    steps: list[JsonObject] = []
    results: list[JsonObject] = []
    for message in render_messages(rollout, scene):
        if message["role"] == "tool":
            results.append({"source_call_id": message["tool_call_id"], "content": message["content"]})
        else:
            results = []
            steps.append(_atif_step(len(steps) + 1, message, results))
    return orjson.dumps(
        {
            "schema_version": "ATIF-v1.8",
            "session_id": rollout.rollout_id,
            "agent": {
                "name": AGENT,
                "version": VERSION,
                "model_name": MODEL,
                "tool_definitions": _encode_tools(scene),
            },
            "steps": steps,
            "final_metrics": {"total_steps": len(steps)},
            "extra": {
                "benchmark": BENCHMARK,
                "task_id": rollout.task.task_id,
                "trial": rollout.trial,
                "reward": rollout.reward,
                "status": rollout.status,
            },
        }
    )


FORMATS: Final[dict[str, Format]] = {
    "openai_chat": Format(encode=encode_openai_chat, container="lines"),
    "tau_bench": Format(encode=encode_tau_bench, container="array"),
    "atif": Format(encode=encode_atif, container="files"),
}
"""Every format by name."""


def encode_truth(rollout: Rollout) -> bytes:
    """Return the line of `truth.jsonl` that belongs to a rollout."""
    truth = rollout.truth
    found = {label for labels in truth.labels for label in labels}
    return orjson.dumps(
        {
            "id": rollout.rollout_id,
            "task_id": rollout.task.task_id,
            "domain": rollout.task.domain,
            "task_index": rollout.task.index,
            "trial": rollout.trial,
            "skill": rollout.skill,
            "reward": rollout.reward,
            "status": rollout.status,
            "steps": [{"step": step, "labels": labels} for step, labels in enumerate(truth.labels)],
            "failed_calls": truth.failed_calls,
            "transient_errors": truth.transient_errors,
            "retry_loops": truth.retry_loops,
            "is_lucky": rollout.reward == 1.0 and "lucky" in found,
            "is_recovered": rollout.reward == 1.0 and "recovery" in found,
            "look_alikes": rollout.task.look_alike_count,
        },
        option=orjson.OPT_APPEND_NEWLINE,
    )


def _atif_step(step_id: int, message: Message, results: list[JsonObject]) -> JsonObject:
    role = str(message["role"])
    step: JsonObject = {
        "step_id": step_id,
        "source": "agent" if role == "assistant" else role,
        "message": message["content"] or "",
    }
    calls = message.get("tool_calls")
    if isinstance(calls, list):
        step["tool_calls"] = [
            {
                "tool_call_id": call["id"],
                "function_name": call["function"]["name"],
                "arguments": orjson.Fragment(call["function"]["arguments"]),
            }
            for call in calls
        ]
        step["observation"] = {"results": results}
    return step


@lru_cache(maxsize=16)
def _system_message(text: str) -> orjson.Fragment:
    return orjson.Fragment(orjson.dumps({"role": "system", "content": text}))


_TOOLS: dict[int, orjson.Fragment] = {}


def _encode_tools(scene: Scene) -> orjson.Fragment:
    # The schemas are constants that live as long as the process, so identity is a safe and cheap key.
    key = id(scene.tools)
    fragment = _TOOLS.get(key)
    if fragment is None:
        fragment = _TOOLS[key] = orjson.Fragment(orjson.dumps(scene.tools))
    return fragment
