"""A rollout that gives something away in every place that can hold text."""

import json
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.planted import PLANTS

KINDS = ("email", "github_token", "payment_card")
PLACES = (
    "policy",
    "question",
    "parts",
    "copied",
    "reasoning",
    "said",
    "arguments",
    "result",
    "tools",
    "task",
)


def planted(place: str, number: int = 0) -> dict[str, str]:
    """Make what one place gives away, by kind: the same at each call, and unlike that of any other place."""
    random = Random(f"{place} {number}")
    return {kind: PLANTS[kind](random).secret for kind in KINDS}


def leak(place: str, number: int = 0) -> str:
    """Give the words of one place."""
    return f"{place}: " + ", ".join(f"{kind} {secret}" for kind, secret in planted(place, number).items())


def leaky_rollout(number: int = 0) -> dict[str, Any]:
    """Make one chat record; its first call fails, and the same call right after it succeeds."""
    held = planted("arguments", number)
    card = held["payment_card"].replace(" ", "").replace("-", "")
    held_arguments = {"to": held["email"], "deep": [{"token": held["github_token"]}], "card": int(card)}
    # The retry spells the same arguments without spaces: a repair then changes a turn, which makes a pair.
    spellings = (json.dumps(held_arguments), json.dumps(held_arguments, separators=(",", ":")))
    part = {"type": "text", "text": leak("parts", number)}
    tool = {"name": "pay", "description": leak("tools", number), "parameters": {"type": "object"}}
    said = {"role": "assistant", "reasoning_content": leak("reasoning", number)}
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": leak("policy", number)},
        {"role": "user", "content": leak("question", number)},
        {"role": "assistant", "content": leak("copied", number), "weight": 0},
        {"role": "user", "content": [part]},
    ]
    for index, result in enumerate(("Error: timeout", leak("result", number))):
        call = {
            "id": f"c{index}",
            "type": "function",
            "function": {"name": "pay", "arguments": spellings[index]},
        }
        messages.append(said | {"content": None, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": f"c{index}", "content": result})
    messages.append({"role": "assistant", "content": leak("said", number)})
    return {
        "messages": messages,
        "tools": [{"type": "function", "function": tool}],
        "task_id": leak("task", number),
        "reward": 1.0,
    }


def write_rollouts(path: Path, numbers: range) -> Path:
    """Write records, one a line."""
    lines = (json.dumps(leaky_rollout(number)) for number in numbers)
    path.write_text("\n".join(lines), encoding="utf-8")
    return path
