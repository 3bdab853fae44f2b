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


def event(kind: str, number: int, **fields: object) -> dict[str, object]:
    return {"kind": kind, "id": f"e{number}", "timestamp": f"2026-01-01T00:00:{number:02}", **fields}


def action(number: int, response: str, call_id: str, **fields: object) -> dict[str, object]:
    call = {"id": call_id, "name": "bash", "arguments": '{"command": "ls"}', "origin": "completion"}
    return event(
        "ActionEvent", number, source="agent", tool_name="bash", tool_call_id=call_id, tool_call=call,
        action={"kind": "BashAction", "command": "ls", "reset": False}, llm_response_id=response,
        **({"thought": [], "security_risk": "LOW"} | fields),
    )  # fmt: skip


def answered(number: int, to: int, call_id: str, **fields: object) -> dict[str, object]:
    return event(
        "ObservationEvent", number, source="environment", tool_name="bash", tool_call_id=call_id,
        action_id=f"e{to}", observation={"kind": "BashObservation", "output": "x", "error": None, "exit_code": 0},
        **fields,
    )  # fmt: skip


def text(words: str) -> dict[str, object]:
    return {"type": "text", "text": words, "cache_prompt": False}


EVENTS = [
    event("SystemPromptEvent", 0, source="agent", system_prompt=text("Rules"), dynamic_context=text("Today"), tools=[{"title": "bash"}]),
    event("MessageEvent", 1, source="user", llm_message={"role": "user", "content": [text("Go")], "name": None}, extended_content=[text("Skill")], activated_skills=["s"]),
    action(2, "r1", "a", thought=[text("Look.")], reasoning_content="hm", thinking_blocks=[{"thinking": "hm"}]),
    action(3, "r1", "b", summary="list"),
    answered(4, 2, "a", extended_content=[text("Rule")]),
    event("AgentErrorEvent", 5, source="agent", tool_name="bash", tool_call_id="b", error="No such tool"),
    event("Condensation", 6, source="environment", forgotten_event_ids=["e2", "e3", "e4", "e5"], summary="S", summary_offset=2, llm_response_id="r2"),
    action(7, "r3", "c"),
    event("UserRejectObservation", 8, tool_name="bash", tool_call_id="c", action_id="e7", rejection_reason="No", rejection_source="user"),
    event("CondensationRequest", 9, source="environment"),
    event("ConversationStateUpdateEvent", 10, key="execution_status", value="finished"),
    event("MessageEvent", 11, source="agent", llm_message={"role": "assistant", "content": [text("Done.")], "tool_calls": None}, llm_response_id="r4"),
]  # fmt: skip
ROW = {
    "instance_id": "t-1", "attempt": 2, "instruction": "Go", "error": None, "metrics": None, "history": EVENTS,
    "test_result": {"final_score": {"total": 2, "result": 1}, "checkpoints": [{"total": 2, "result": 1, "note": "n"}]},
    "metadata": {"llm": {"model": "m", "top_p": 1.0}, "dataset": "d", "max_iterations": 9},
    "instance": {"instance_id": "t-1", "evaluator_code": "secret", "agent_scenarios": ["secret"]},
    "runtime_runs": [{"runtime_id": "q"}],
}  # fmt: skip
FAILED = event(
    "ConversationErrorEvent", 12, source="environment", code="MaxIterationsReached", detail="100 of 100"
)
TRAJECTORIES = (
    "traj_safety-zip-archive.json",
    "traj_safety-sexism.json",
    "traj_safety-summarize-fake-news.json",
)


def folder(prefix: str) -> dict[str, bytes]:
    state = {
        "id": "c",
        "agent": {"kind": "Agent", "llm": {"model": "m", "seed": 1}},
        "execution_status": "finished",
    }
    files = {f"{prefix}/base_state.json": json.dumps(state).encode()}
    for number, value in enumerate([*EVENTS[:6], FAILED]):
        files[f"{prefix}/events/event-{number:05}-{value['id']}.json"] = json.dumps(value).encode()
    return files


def samples(data: Path) -> Iterator[Sample]:
    """A row and a folder with every kind of event, and real event lists."""
    yield json_sample("output.jsonl", ROW)
    yield bundle_sample("openhands_sdk", folder("conversations/c"))
    for name, content in archive_members(data / "openhands/openagentsafety_gpt4o_half.tar.zst").items():
        if name.endswith(TRAJECTORIES) and content.startswith(b"["):
            yield from file_samples(name, content)
