import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.schemas.rollouts.real_files import Sample, archive_members, file_samples, json_sample

REAL = (
    "gpt4__swe-agent__test-repo__default_from_url__t-0.00__p-0.95__c-3.00__install-1/swe-agent__test-repo-i1.traj",
    "demonstrations/function_calling_simple.traj",
)


def call(name: str, call_id: str) -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": "{}"}}


PROMPT: list[dict[str, Any]] = [
    {"role": "system", "content": "Rules", "agent": "main", "message_type": "system_prompt"},
    {"role": "assistant", "content": "Shown", "agent": "main", "message_type": "demonstration"},
    {"role": "user", "content": [{"type": "text", "text": "Fix it"}], "agent": "main", "message_type": "observation"},
]  # fmt: skip
TURN: dict[str, Any] = {
    "role": "assistant", "content": "Look", "thought": "Look", "action": "ls", "agent": "main", "message_type": "action",
    "tool_calls": [call("bash", "c")], "thinking_blocks": [{"type": "thinking", "thinking": "hm", "signature": "s"}],
}  # fmt: skip
RESULT: dict[str, Any] = {
    "role": "tool",
    "content": "OBSERVATION:\na.py",
    "agent": "main",
    "tool_call_ids": ["c"],
    "tags": ["t"],
}
LAST: dict[str, Any] = {"role": "assistant", "content": "Done", "thought": "Done", "action": "submit", "agent": "main", "tool_calls": [call("submit", "d")]}  # fmt: skip
CUT = RESULT | {"content": "Old environment output: (1 lines omitted)"}
HISTORY: list[dict[str, Any]] = [*PROMPT, TURN, RESULT, LAST]
STEPS: list[dict[str, Any]] = [
    {"action": "ls", "observation": "a.py", "response": "Look", "thought": "Look", "execution_time": 0.1, "state": {"working_dir": "/"}, "query": PROMPT, "extra_info": {"n": 1}},
    {"action": "", "observation": "", "response": "No call", "thought": "No call", "state": {}, "query": [*PROMPT, TURN, RESULT]},
    {"action": "submit", "observation": "diff --git", "response": "Done", "thought": "Done?", "state": {}, "query": [*PROMPT, TURN, CUT, {"role": "user", "content": "Call a tool"}]},
]  # fmt: skip
ATTEMPT: dict[str, Any] = {
    "trajectory": STEPS, "history": HISTORY, "environment": "main",
    "info": {
        "exit_status": "submitted (exit_cost)", "submission": "diff --git", "review": {"accept": 0.5},
        "model_stats": {"instance_cost": 1.5, "tokens_sent": 30, "tokens_received": 4, "api_calls": 3},
    },
    "replay_config": json.dumps({"agent": {"model": {"name": "claude"}}, "output_dir": "x"}),
}  # fmt: skip
FAILED: dict[str, Any] = {
    "trajectory": [],
    "history": PROMPT,
    "info": {"exit_status": "exit_api"},
    "replay_config": None,
}
BEST_INFO = {"best_attempt_idx": 1, "rloop_model_stats": {"instance_cost": 0.5}, "model_stats": {"instance_cost": 2.0}, "chooser": {}}  # fmt: skip
RETRY = ATTEMPT | {"attempts": [FAILED, ATTEMPT], "info": ATTEMPT["info"] | BEST_INFO}
STEPS_ONLY = {"trajectory": [STEPS[0], {"action": "exit_error", "observation": "Exited", "response": "Exit due to error", "thought": ""}]}  # fmt: skip


def samples(data: Path) -> Iterator[Sample]:
    """A rollout and a demonstration from the repository, and what real files lack."""
    members = archive_members(data / "swe_agent/sweagent_repo_trajs.tar.zst")
    for name, content in members.items():
        if name.endswith(REAL):
            yield from file_samples(name, content)
    yield json_sample("astropy__astropy-12907.traj", ATTEMPT)
    yield json_sample("retry/astropy__astropy-12907.traj", RETRY)
    yield json_sample("rollouts.jsonl", STEPS_ONLY)
