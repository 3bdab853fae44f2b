import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.schemas.rollouts.real_files import Sample, archive_members, file_samples, json_sample

PROMPTS = [{"role": "system", "content": "Help."}, {"role": "user", "content": "Fix it. Say COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT."}]  # fmt: skip
TEXT_MODE = {
    "info": {
        "model_stats": {"instance_cost": 0.5, "api_calls": 3},
        "config": {"agent": {"step_limit": 3}, "model": {"model_name": "m", "model_kwargs": {}}},
        "mini_version": "1.14.0", "exit_status": "LimitsExceeded", "submission": "",
    },
    "messages": [
        *PROMPTS,
        {"role": "assistant", "content": "No action.", "extra": {"response": {"id": "r0"}}},
        {"role": "user", "content": "Give one action.", "extra": {"interrupt_type": "FormatError"}},
        {
            "role": "assistant", "content": "THOUGHT: look\n\n```mswea_bash_command\nls\n```",
            "extra": {
                "actions": [{"command": "ls"}], "cost": 0.1, "timestamp": 1.5,
                "response": {"usage": {"prompt_tokens": 3, "completion_tokens": 2}, "choices": [{"message": {"content": "other"}}, {}]},
            },
        },
        {"role": "user", "content": "<returncode>0</returncode>\n<output>\na\n</output>", "extra": {"raw_output": "a\n", "returncode": 0}},
        {"role": "user", "content": "Stop that.", "extra": {"interrupt_type": "UserInterruption"}},
        {"role": "assistant", "content": "```mswea_bash_command\npwd\n```"},
        {"role": "exit", "content": "LimitsExceeded", "extra": {"exit_status": "LimitsExceeded", "submission": ""}},
    ],
    "trajectory_format": "mini-swe-agent-1",
}  # fmt: skip
RESPONSES_MODE = {
    "info": {"mini_version": "2.4.6", "exit_status": "APIError", "traceback": "..."},
    "messages": [
        *PROMPTS,
        {
            "object": "response", "id": "resp", "model": "m", "usage": {"input_tokens": 5, "output_tokens": 4, "total_tokens": 9},
            "output": [
                {"type": "reasoning", "encrypted_content": "x"},
                {"type": "message", "content": [{"type": "output_text", "text": "Looking."}]},
                {"type": "function_call", "call_id": "c", "name": "bash", "arguments": '{"command":"ls"}'},
                {"type": "function_call", "call_id": "d", "name": "bash", "arguments": "{"},
            ],
            "extra": {"actions": [{"command": "ls", "tool_call_id": "c"}], "cost": 0.1},
        },
        {"type": "function_call_output", "call_id": "c", "output": "a", "extra": {"raw_output": "a b", "returncode": 0}},
        {"type": "function_call_output", "call_id": "d", "output": "action was not executed", "extra": {"raw_output": "", "returncode": -1}},
    ],
    "trajectory_format": "mini-swe-agent-1.1",
}  # fmt: skip
BARE_LIST = [*PROMPTS, {"role": "assistant", "content": "```bash\nls\n```"}, {"role": "user", "content": ""}]


def shortened(content: bytes) -> bytes:
    """Keep the first two turns and the last one of a real rollout."""
    document: dict[str, Any] = json.loads(content)
    document["messages"] = document["messages"][:6] + document["messages"][-2:]
    return json.dumps(document).encode()


def samples(data: Path) -> Iterator[Sample]:
    """A real rollout, and one of each kind that the real files lack."""
    members = archive_members(data / "mini_swe_agent/deepseek_dev_runs.tar.zst")
    name = next(name for name in members if name.endswith(".traj.json"))
    yield from file_samples(name, shortened(members[name]))
    yield json_sample("last_mini_run.traj.json", TEXT_MODE)
    yield json_sample("responses.traj.json", RESPONSES_MODE)
    yield from file_samples("local.traj.json", json.dumps(BARE_LIST).encode())
