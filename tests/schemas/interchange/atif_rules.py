"""The rules of harbor 0.25.0 and of the validator `atif` 1.8.0 for a document, checked without either."""

import json
from datetime import datetime
from typing import Any

SHAPES: dict[str, dict[str, type | tuple[type, ...]]] = {
    "document": {
        "schema_version": str, "session_id": str, "trajectory_id": str, "agent": dict, "steps": list, "notes": str,
        "final_metrics": dict, "continued_trajectory_ref": str, "extra": dict,
    },
    "agent": {"name": str, "version": str, "model_name": str, "tool_definitions": list, "extra": dict},
    "final_metrics": {
        "total_prompt_tokens": int, "total_completion_tokens": int, "total_cached_tokens": int,
        "total_cost_usd": (int, float), "total_steps": int, "extra": dict,
    },
    "step": {
        "step_id": int, "timestamp": str, "source": str, "model_name": str, "reasoning_effort": (str, int, float),
        "message": (str, list), "reasoning_content": str, "tool_calls": list, "observation": dict, "metrics": dict,
        "extra": dict, "llm_call_count": int, "is_copied_context": bool,
    },
    "call": {"tool_call_id": str, "function_name": str, "arguments": dict, "extra": dict},
    "observation": {"results": list},
    "result": {"source_call_id": str, "content": (str, list), "subagent_trajectory_ref": list, "extra": dict},
    "metrics": {
        "prompt_tokens": int, "completion_tokens": int, "cached_tokens": int, "cost_usd": (int, float),
        "prompt_token_ids": list, "completion_token_ids": list, "logprobs": list, "extra": dict,
    },
    "part": {"type": str, "text": str, "source": dict},
    "source": {"media_type": str, "path": str, "duration_sec": (int, float)},
    "reference": {"trajectory_id": str, "trajectory_path": str, "session_id": str, "extra": dict},
}  # fmt: skip
REQUIRED = {
    "document": {"schema_version", "agent", "steps"},
    "agent": {"name", "version"},
    "step": {"step_id", "source", "message"},
    "call": {"tool_call_id", "function_name", "arguments"},
    "observation": {"results"},
    "part": {"type"},
    "source": {"media_type", "path"},
}
AGENT_ONLY = {"model_name", "reasoning_effort", "reasoning_content", "tool_calls", "metrics"}


def check_document(raw: bytes) -> None:
    """Assert that a document keeps the rules."""
    document = json.loads(raw)
    _shape(document, "document")
    _shape(document["agent"], "agent")
    assert all(isinstance(tool, dict) for tool in document["agent"].get("tool_definitions") or ())
    _shape(document.get("final_metrics") or {}, "final_metrics")
    assert document["schema_version"].startswith("ATIF-v1.")
    assert [step["step_id"] for step in document["steps"]] == list(range(1, len(document["steps"]) + 1))
    assert document["steps"]
    for step in document["steps"]:
        _check_step(step)


def _check_step(step: dict[str, Any]) -> None:
    _shape(step, "step")
    _check_content(step["message"])
    assert step["source"] in {"system", "user", "agent"}
    given = {name for name, value in step.items() if value is not None}
    assert step["source"] == "agent" or not given & AGENT_ONLY
    if step.get("llm_call_count") == 0 and step["source"] == "agent":
        assert not given & {"metrics", "reasoning_content"}
    if step.get("timestamp") is not None:
        datetime.fromisoformat(step["timestamp"])
    _shape(step.get("metrics") or {}, "metrics")
    calls = step.get("tool_calls") or ()
    for call in calls:
        _shape(call, "call")
    observation = step.get("observation")
    if observation is not None:
        _shape(observation, "observation")
        for result in observation["results"]:
            _check_result(result, {call["tool_call_id"] for call in calls})


def _check_result(result: dict[str, Any], ids: set[str]) -> None:
    _shape(result, "result")
    _check_content(result.get("content"))
    assert result.get("source_call_id") in {None, *ids}
    for reference in result.get("subagent_trajectory_ref") or ():
        _shape(reference, "reference")
        assert {name for name, value in reference.items() if value} & {"trajectory_id", "trajectory_path"}


def _check_content(content: object) -> None:
    for part in content if isinstance(content, list) else ():
        _shape(part, "part")
        has_text, has_source = part.get("text") is not None, part.get("source") is not None
        assert (has_text, has_source) == ((True, False) if part["type"] == "text" else (False, True))
        if has_source:
            _shape(part["source"], "source")
            assert part["source"]["media_type"].startswith(part["type"] + "/")


def _shape(value: Any, name: str) -> None:
    """Assert that an object has the fields that it needs, and no others, each null or of its type."""
    assert isinstance(value, dict), name
    assert REQUIRED.get(name, set()) <= value.keys() <= SHAPES[name].keys(), (name, value.keys())
    for field, found in value.items():
        assert found is None or isinstance(found, SHAPES[name][field]), (name, field, found)
