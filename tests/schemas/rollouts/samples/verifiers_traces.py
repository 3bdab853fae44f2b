from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.schemas.rollouts.real_files import Sample, json_sample


def node(parent: int | None, role: str, content: str, **fields: Any) -> dict[str, Any]:
    return {"parent": parent, "message": {"role": role, "content": content}, **fields}


CALLING = {
    "role": "assistant", "content": "", "reasoning_content": "hm",
    "tool_calls": [{"id": "c", "name": "f", "arguments": '{"a" : 1.0}'}],
}  # fmt: skip
TRACE = {
    "version": 1, "id": "t", "verifiers": {"version": "0.4.0", "commit": None},
    "task": {"type": "T", "data": {"prompt": "Go.", "answer": "4"}, "key": "k", "hash": "h"},
    "agent": {"config": {"model": "m"}, "runtime": None, "name": "solver", "trainable": True},
    "tools": [{"name": "f", "description": "d", "parameters": {"type": "object"}}],
    "nodes": [
        node(None, "system", "Rules", sampled=False, timestamp=1.5, token_ids=[1, 2], mask=[False, False]),
        node(0, "user", "Go."),
        {
            "parent": 1, "message": CALLING, "sampled": True, "token_ids": [3, 4], "mask": [False, True],
            "logprobs": [-0.5], "advantages": [0.25], "finish_reason": "tool_calls", "semantic_parents": [],
        },
        {"parent": 2, "message": {"role": "tool", "tool_call_id": "c", "content": "r"}},
        node(3, "assistant", "Done.", sampled=True),
        node(1, "assistant", "Another try.", sampled=True),
        node(None, "user", "A summary."),
        {"parent": 6, "message": CALLING},
        node(7, "assistant", "Made up."),
        node(8, "user", "And now?"),
    ],
    "calls": [
        {"node": 2, "model": "m", "endpoint": "/chat", "usage": {"prompt_tokens": 5, "completion_tokens": 2, "cached_input_tokens": 3, "cost": 0.25}},
        {"node": 4, "model": "m", "usage": None},
    ],
    "rewards": {"right": {"score": 1.0, "weight": 0.5}, "short": {"score": 0.5}, "late": None},
    "metrics": {"turns": 2.0, "odd": None}, "info": {"judge_calls": []}, "root_reply": "Done.",
    "extra_usage": [], "is_completed": True, "ok": True, "stop_condition": "max_turns", "errors": [],
    "timing": {"start": 1.0},
}  # fmt: skip


def samples(data: Path) -> Iterator[Sample]:
    """Traces with every field that there is."""
    yield json_sample("traces.jsonl", TRACE)
    yield json_sample(
        "traces.jsonl", TRACE | {"task": {"prompt": "Go.", "hash": "h"}, "ok": False, "errors": ["E"]}
    )
