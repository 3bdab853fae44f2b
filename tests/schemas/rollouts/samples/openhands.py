import json
from collections.abc import Iterator
from pathlib import Path

from tests.schemas.rollouts.real_files import Sample, archive_members, file_samples, json_sample, read_zst

RESPONSE = {
    "id": "r-1", "created": 1, "model": "m", "object": "chat.completion",
    "choices": [
        {
            "finish_reason": "tool_calls", "index": 0,
            "message": {
                "content": "Both.", "role": "assistant", "reasoning_content": "hm",
                "tool_calls": [
                    {"id": "a", "type": "function", "function": {"name": "execute_bash", "arguments": '{"command": "ls"}'}},
                    {"id": "b", "type": "function", "function": {"name": "think", "arguments": '{"thought": "so"}'}},
                ],
            },
        }
    ],
    "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
}  # fmt: skip


def metadata(name: str, call_id: str) -> dict[str, object]:
    return {
        "function_name": name, "tool_call_id": call_id, "model_response": RESPONSE, "total_calls_in_response": 2,
    }  # fmt: skip


EVENTS = [
    {"id": 0, "source": "agent", "action": "system", "message": "Rules", "args": {"content": "Rules", "tools": [{"name": "f"}]}},
    {"id": 1, "source": "user", "action": "message", "message": "Go", "args": {"content": "Go", "image_urls": ["u"]}},
    {"id": 2, "source": "user", "action": "recall", "args": {"query": "Go"}},
    {"id": 3, "source": "environment", "observation": "recall", "cause": 2, "content": "Added", "extras": {"microagent_knowledge": [{"name": "k", "content": "Know."}], "date": "d"}},
    {"id": 4, "source": "agent", "action": "run", "tool_call_metadata": metadata("execute_bash", "a"), "args": {"command": "ls", "thought": "Both.", "hidden": False}, "llm_metrics": {"accumulated_cost": 0.5}},
    {"id": 5, "source": "agent", "observation": "run", "cause": 4, "tool_call_metadata": metadata("execute_bash", "a"), "content": "x", "extras": {"exit_code": 0}, "success": True},
    {"id": 6, "source": "agent", "action": "think", "tool_call_metadata": metadata("think", "b"), "args": {"thought": "so"}},
    {"id": 7, "source": "agent", "observation": "think", "cause": 6, "tool_call_metadata": metadata("think", "b"), "content": "Logged."},
    {"id": 8, "source": "agent", "action": "condensation", "args": {"forgotten_event_ids": [3], "summary": "S", "summary_offset": 2}},
    {"id": 9, "source": "agent", "observation": "error", "content": "Oops", "extras": {"error_id": "e"}},
    {"id": 10, "source": "environment", "observation": "agent_state_changed", "content": "", "extras": {"agent_state": "x"}},
    {"id": 11, "source": "agent", "action": "message", "message": "Done.", "args": {"content": "Done.", "wait_for_response": True}},
]  # fmt: skip
ROW = {
    "instance_id": "org__repo-1", "instruction": "Go", "attempt": 2, "error": "RuntimeError: maximum iteration",
    "test_result": {"git_patch": "diff", "report": {"resolved": True, "test_timeout": False, "x": 1}, "test_output": "hidden"},
    "metadata": {"agent_class": "CodeActAgent", "dataset": "d", "llm_config": {"model": "m", "temperature": 0.0}},
    "history": EVENTS,
    "metrics": {"accumulated_cost": 0.5, "accumulated_token_usage": {"prompt_tokens": 10, "completion_tokens": 5, "model": "d"}, "costs": []},
    "instance": {"patch": "gold", "test_patch": "t", "FAIL_TO_PASS": ["n"], "hints_text": "h"},
}  # fmt: skip
PAIRS = [
    [
        {"source": "user", "action": "message", "args": {"content": "Go"}},
        {"observation": "null", "content": ""},
    ],
    [
        {"source": "agent", "action": "run", "args": {"command": "ls", "thought": "Look."}},
        {"source": "agent", "observation": "run", "content": "x", "extras": {"exit_code": 1}},
    ],
]


def samples(data: Path) -> Iterator[Sample]:
    """Rows with every field that there is, in both shapes, a real row cut short, and real event streams."""
    yield json_sample("output.jsonl", ROW)
    yield json_sample("output.jsonl", ROW | {"history": PAIRS, "attempt": None, "error": None})
    row = json.loads(read_zst(data / "openhands/multi_swe_bench_example_output.jsonl.zst").splitlines()[0])
    row["history"] = row["history"][1:6]
    row["metrics"]["token_usages"], row["metrics"]["response_latencies"] = [], []
    yield json_sample("output.jsonl", row)
    for name, content in archive_members(data / "openhands/runtime_trajs.tar.zst").items():
        if name.endswith(("basic.json", "basic_interactions.json")):
            yield from file_samples(name, content)
