from collections.abc import Iterator
from pathlib import Path

from tests.schemas.rollouts.real_files import Sample, json_sample

ANSWER = {
    "request": {
        "request_id": "r", "trajectory_id": "0" * 32, "seq": 0, "task": {"benchmark": "b", "task_key": "t"},
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
        "strategy": "reflect",
    },
    "messages": [
        {
            "role": "assistant", "content": None, "reasoning_content": "hm",
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        },
        {"role": "tool", "content": "ok", "tool_call_id": "c"},
        {"role": "assistant", "content": "done"},
    ],
    "guidance": "Do something else.", "attempt_type": "second", "trial": 1, "agent": "a", "model": "m", "reward": 1.0,
    "status": "completed", "termination_reason": "done", "cost_usd": 0.1, "prompt_tokens": 1, "completion_tokens": 2,
    "meta": {"seed": 7},
}  # fmt: skip


def samples(data: Path) -> Iterator[Sample]:
    """An answer with every field that there is; it shares nothing, for its parent is in no sample."""
    yield json_sample("continuations.jsonl", ANSWER)
