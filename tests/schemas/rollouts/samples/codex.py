import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.schemas.rollouts.real_files import Sample, file_samples

TIME = "2025-10-29T00:59:38.317Z"
COMMAND = '{"command":["bash","-lc","ls"],"workdir":"/w"}'
OUTPUT = '{"output":"a.txt\\n","metadata":{"exit_code":0,"duration_seconds":0.1}}'


def wrapped(kind: str, /, **payload: Any) -> dict[str, Any]:
    return {"timestamp": TIME, "type": kind, "payload": payload}


def item(kind: str, /, **fields: Any) -> dict[str, Any]:
    return wrapped("response_item", type=kind, **fields)


def said(role: str, text: str) -> dict[str, Any]:
    part = "output_text" if role == "assistant" else "input_text"
    return item("message", role=role, content=[{"type": part, "text": text}])


def event(kind: str, /, **fields: Any) -> dict[str, Any]:
    return wrapped("event_msg", type=kind, **fields)


def tokens(total: tuple[int, int], last: tuple[int, int]) -> dict[str, Any]:
    def usage(counts: tuple[int, int]) -> dict[str, int]:
        return {"input_tokens": counts[0], "cached_input_tokens": 0, "output_tokens": counts[1]}

    info = {"total_token_usage": usage(total), "last_token_usage": usage(last), "model_context_window": 9000}
    return event("token_count", info=info, rate_limits={"primary": {"used_percent": 1.5}})


META = wrapped(
    "session_meta", id="s-1", timestamp=TIME, cwd="/w", originator="codex_exec", cli_version="0.46.0", source="exec",
    model_provider="openai", base_instructions={"text": "You are Codex."}, git={"commit_hash": "abc", "branch": "main"},
)  # fmt: skip
OPENING = [
    META,
    said("developer", "<permissions instructions>Ask first.</permissions instructions>"),
    said("user", "# AGENTS.md instructions for /w\n\nBe kind."),
    said("user", "<environment_context>cwd</environment_context>"),
    said("user", "List the files."),
    event("user_message", message="List the files.", kind="plain"),
    wrapped("turn_context", turn_id="t-1", cwd="/w", model="gpt-5-codex", approval_policy="never", effort="high"),
    event("agent_reasoning", text="**Listing**"),
    item("reasoning", id="rs-1", summary=[{"type": "summary_text", "text": "**Listing**"}], encrypted_content="gAAA"),
    item("function_call", name="shell", arguments=COMMAND, call_id="c-1"),
    tokens((100, 10), (100, 10)),
    item("function_call_output", call_id="c-1", output=OUTPUT),
    event("exec_command_end", call_id="c-1", exit_code=0, stdout="a.txt\n"),
    tokens((100, 10), (100, 10)),
]  # fmt: skip
CLOSING = [
    said("assistant", "There is a.txt."),
    event("agent_message", message="There is a.txt."),
    tokens((250, 30), (150, 20)),
    event("task_complete", last_agent_message="There is a.txt."),
]
COMPACTED = wrapped(
    "compacted", message="", replacement_history=[
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Summary: a.txt exists."}]},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Kept."}]},
    ],
)  # fmt: skip
OLD_COMPACTED = wrapped("compacted", message="Summary: all is listed.")
SNAPSHOT = item("ghost_snapshot", ghost_commit={"id": "f00"})
BARE: list[dict[str, Any]] = [
    {"id": "s-0", "timestamp": TIME, "instructions": "Be brief.", "git": {"branch": "main"}},
    {"record_type": "state"},
    {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
    {"type": "local_shell_call", "call_id": "c-9", "status": "completed", "action": {"type": "exec", "command": ["ls"]}},
    {"type": "function_call_output", "call_id": "c-9", "output": {"content": "a.txt", "success": True}},
    {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello"}]},
]  # fmt: skip


def log(lines: Sequence[dict[str, Any]], *, tail: str = "") -> bytes:
    return "\n".join([*map(json.dumps, lines), tail]).encode()


def samples(data: Path) -> Iterator[Sample]:
    """Made by hand after public descriptions: `shared/data` holds no session of Codex."""
    later, last = ([said("user", text), said("assistant", "Done.")] for text in ("Again.", "Once more."))
    rolled_back = event("thread_rolled_back", num_turns=1)
    yield from file_samples("rollout-plain.jsonl", log([*OPENING, *CLOSING], tail='{"timestamp":"2025'))
    yield from file_samples(
        "rollout-cut.jsonl", log([*OPENING, SNAPSHOT, COMPACTED, *later, OLD_COMPACTED, *later, rolled_back, *last])
    )  # fmt: skip
    yield from file_samples("rollout-bare.jsonl", log(BARE))
