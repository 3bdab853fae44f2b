import json
from collections.abc import Iterator
from pathlib import Path

from tests.schemas.rollouts.real_files import (
    Sample,
    archive_members,
    bundle_sample,
    file_samples,
    json_sample,
)

STEP = {"step_id": 1, "source": "user", "message": "sub"}
ATIF = {
    "schema_version": "ATIF-v1.8", "session_id": "s", "trajectory_id": "t", "notes": "n",
    "agent": {"name": "a", "version": "1", "model_name": "m", "tool_definitions": [{"name": "f"}], "extra": {"x": 1}},
    "steps": [
        {"step_id": 1, "timestamp": "2026-01-01T00:00:00Z", "source": "system", "message": "Rules"},
        {"step_id": 2, "source": "user", "message": [{"type": "image", "source": {"path": "p"}}], "is_copied_context": True},
        {
            "step_id": 3, "source": "agent", "model_name": "m", "reasoning_effort": 0.5, "message": "ok",
            "reasoning_content": "hm", "llm_call_count": 2, "extra": {"y": 2},
            "tool_calls": [
                {"tool_call_id": "c", "function_name": "f", "arguments": {"a": 1}, "extra": {"raw_arguments": "{", "z": 3}}
            ],
            "observation": {
                "results": [
                    {"source_call_id": "c", "content": "r", "subagent_trajectory_ref": [{"session_id": "q"}], "extra": {"w": 4}}
                ]
            },
            "metrics": {"prompt_tokens": 1, "completion_tokens": 2, "cached_tokens": 3, "cost_usd": 0.1, "logprobs": [-1.0]},
        },
        {"step_id": 4, "source": "agent", "message": "text", "observation": {"results": [{"content": "screen"}]}},
    ],
    "final_metrics": {"total_prompt_tokens": 1, "total_completion_tokens": 2, "total_cost_usd": 0.5, "total_steps": 4},
    "continued_trajectory_ref": "next.json",
    "extra": {"task_id": "t", "trial": 1, "reward": 0.5, "status": "truncated", "benchmark": "b", "split": "s", "v": 5},
    "subagent_trajectories": [
        {"schema_version": "ATIF-v1.8", "agent": {"name": "h", "version": "2"}, "steps": [STEP]}
    ],
}  # fmt: skip


TRIAL = {
    "task_name": "hello-world", "trial_name": "hello-world__1", "task_checksum": "c", "source": "terminal-bench",
    "verifier_result": {"rewards": {"reward": 1.0, "style": 0.5}}, "exception_info": None,
}  # fmt: skip
TERMINUS = "terminus_2_hello-world-context-summarization-linear-history."


def samples(data: Path) -> Iterator[Sample]:
    """A document with every field that there is, one in a trial, real ones, and a real one with its continuation."""
    yield json_sample("trajectory.json", ATIF)
    siblings = {"job/trial/result.json": json.dumps(TRIAL).encode()}
    yield from file_samples("job/trial/agent/trajectory.json", json.dumps(ATIF).encode(), siblings=siblings)
    members = archive_members(data / "atif_and_sessions/inspect_scout_fixtures.tar.zst")
    for name, content in members.items():
        if b'"ATIF-v' in content and name.endswith(".json"):
            yield from file_samples(name, content)
    yield bundle_sample("atif", continued_session(members))


def continued_session(members: dict[str, bytes]) -> dict[str, bytes]:
    """Give a real session and its continuation under the names that Harbor gives them."""
    found = {name.partition(TERMINUS)[2]: content for name, content in members.items() if TERMINUS in name}
    return {f"job/trial/agent/{name}": content for name, content in found.items()}
