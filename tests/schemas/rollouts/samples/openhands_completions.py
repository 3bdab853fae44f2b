import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.schemas.rollouts.real_files import Sample, archive_members, bundle_sample, json_sample

INSTANCE = "llm_completions/django__django-11141/"
KEPT_CALLS = 3


def call(number: int, *prompt: dict[str, Any], said: str = "ok", **fields: Any) -> dict[str, Any]:
    """Make a logged call that says one thing."""
    message = {"role": "assistant", "content": said, "tool_calls": None}
    return {
        "messages": list(prompt),
        "response": {
            "id": f"r{number}", "model": "m", "object": "chat.completion",
            "choices": [{"finish_reason": "stop", "index": 0, "message": message}],
            "usage": {"prompt_tokens": number, "completion_tokens": 1, "total_tokens": number + 1},
        },
        "args": [], "kwargs": {"temperature": 0.5, "tools": [{"name": "f"}]},
        "timestamp": float(number), "cost": 0.25,
    } | fields  # fmt: skip


def user(text: str, **fields: Any) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "text", "text": text} | fields]}


ASSISTANT = {"role": "assistant", "content": [{"type": "text", "text": "ok"}]}
MARK = {"cache_control": {"type": "ephemeral"}}
FOLDER = {
    "a.json": call(1, user("Go", **MARK)),
    "b.json": call(
        2, user("Go"), ASSISTANT | MARK, user("On", **MARK), said="on", kwargs={"temperature": 0.7}
    ),
    "c.json": call(3, user("Go"), user("Summary"), ASSISTANT, said="fresh", latency=3),
    "d.json": call(4, user("Summarize"), said="short"),
    "e.json": call(5, user("Go"), response=None),
}


def samples(data: Path) -> Iterator[Sample]:
    """A folder with every turn that calls can take, a call alone, and the first calls of a real folder."""
    named = {
        f"run_2/llm_completions/x__y-1/{name}": json.dumps(value).encode() for name, value in FOLDER.items()
    }
    yield bundle_sample("openhands_completions", named)
    yield json_sample("call.json", FOLDER["a.json"])
    members = archive_members(data / "openhands/swebv_claude35_llm_completions_4.tar.zst")
    names = sorted(name for name in members if INSTANCE in name)[:KEPT_CALLS]
    yield bundle_sample("openhands_completions", {name: members[name] for name in names})
