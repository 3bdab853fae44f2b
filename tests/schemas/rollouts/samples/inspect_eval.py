import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.schemas.rollouts.real_files import Sample, archive_members, file_samples, json_sample

LOGS = (
    "analysis/test_logs/2025-05-12T20-27-36-04-00_browser.json",
    "log/test_eval_log/log_tool_call_error.json",
)
SHOWN_MESSAGES = 4
TOLD_EVENTS = 1

USAGE = {"input_tokens": 3, "output_tokens": 5, "total_tokens": 15, "input_tokens_cache_read": 7}
ANSWER = {
    "id": "m2", "role": "assistant", "source": "generate", "model": "x",
    "content": [
        {"type": "reasoning", "reasoning": "hm", "signature": "s", "redacted": False},
        {"type": "text", "text": "ok", "citations": [1]},
    ],
    "tool_calls": [{"id": "c", "function": "f", "arguments": {"a": 1}, "parse_error": "bad", "type": "function"}],
}  # fmt: skip
SAMPLE = {
    "id": "s-1", "epoch": 2, "input": "Do it.", "target": ["gold", "or this"], "choices": ["a", "b"], "setup": "secret",
    "files": {"tests.py": "hidden"}, "sandbox": {"type": "docker"}, "metadata": {"answer": "gold"},
    "messages": [
        {"id": "m0", "role": "system", "content": "attachment://0123456789abcdef0123456789abcdef"},
        {"id": "m1", "role": "user", "source": "input", "content": [{"type": "text", "text": "Do it."}, {"type": "image", "image": "i"}]},
        {"id": "p", "role": "assistant", "source": "input", "content": "An example"},
        {"id": "q", "role": "assistant", "content": "Put in by a solver", "reasoning": "early"},
        ANSWER,
        {"id": "m3", "role": "tool", "function": "f", "tool_call_id": "c", "content": "no", "error": {"type": "timeout", "message": "slow"}},
        {
            "id": "m4", "role": "assistant", "source": "generate",
            "content": [
                {"type": "reasoning", "reasoning": "cipher", "summary": "short", "redacted": True},
                {"type": "reasoning", "reasoning": "more"},
                {"type": "text", "text": "one"}, {"type": "text", "text": "two"},
            ],
        },
    ],
    "output": {"model": "x", "completion": "other", "choices": [{"message": {"id": "z", "role": "assistant", "content": "z"}, "stop_reason": "stop"}]},
    "scores": {
        "match": {"value": "P", "answer": "ok", "explanation": "half", "metadata": {"grading": "gold"}},
        "rubric": {"value": {"style": 2, "safe": True, "word": "odd"}, "explanation": "why"},
        "pair": {"value": [1, "C"]},
        "nested": {"value": {"deep": [1]}, "explanation": "none"},
    },
    "model_usage": {"openai/x": USAGE, "grader": {"input_tokens": 1}},
    "events": [
        {"event": "model", "output": {"choices": [{"message": ANSWER}], "usage": USAGE}, "tools": [{"name": "f"}]},
        {"event": "model", "output": {"choices": [{"message": {"id": "graded", "role": "assistant", "content": "C"}}]}},
        {"event": "sandbox", "output": "text"},
    ],
    "attachments": {"0123456789abcdef0123456789abcdef": "Rules"},
    "limit": {"type": "message", "limit": 5.0}, "store": {"k": 1}, "total_time": 1.5, "uuid": "u",
}  # fmt: skip
LOG = {
    "version": 2, "status": "success", "plan": {"name": "plan", "steps": [{"solver": "generate"}]},
    "eval": {"task": "tasks/hills", "model": "openai/x", "solver": "react", "run_id": "r", "dataset": {"samples": 1}},
    "results": {"total_samples": 1}, "reductions": [{"scorer": "match", "samples": [{"value": 0.5}]}], "tags": ["t"],
    "samples": [SAMPLE],
}  # fmt: skip


def samples(data: Path) -> Iterator[Sample]:
    """A log with every field that a column takes, and the starts of real ones; archives have tests of their own."""
    yield json_sample("log.json", LOG)
    members = archive_members(data / "inspect/test_logs.tar.zst")
    for name in LOGS:
        yield from file_samples(name, json.dumps(_start(json.loads(members[f"tests/{name}"]))).encode())


def _start(log: Any) -> Any:
    sample = log["samples"][0]
    told = [event for event in sample.get("events", []) if event["event"] == "model"]
    shown = {"messages": sample["messages"][:SHOWN_MESSAGES], "events": told[:TOLD_EVENTS]}
    return log | {"samples": [sample | shown]}
