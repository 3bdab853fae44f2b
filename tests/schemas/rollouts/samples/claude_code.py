import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.schemas.rollouts.real_files import Sample, archive_members, bundle_sample, file_samples

ARCHIVE = "atif_and_sessions/inspect_scout_fixtures.tar.zst"
FOLDER = "claude_code_source/fixtures/"
SESSION = "5e551011"


def real_logs(data: Path) -> dict[str, bytes]:
    members = archive_members(data / ARCHIVE)
    return {name.rpartition("/")[2]: raw for name, raw in members.items() if FOLDER in name}


def line(uuid: str, parent: str | None, **fields: Any) -> dict[str, Any]:
    """Make one line of the session, with the fields that all lines share."""
    shared = {"sessionId": SESSION, "cwd": "/w", "version": "2.1.0", "isSidechain": False}
    return {"uuid": uuid, "parentUuid": parent, **shared, "timestamp": f"T-{uuid}", **fields}


def asks(uuid: str, parent: str | None, content: Any, **fields: Any) -> dict[str, Any]:
    return line(uuid, parent, type="user", message={"role": "user", "content": content}, **fields)


def answers(uuid: str, parent: str, response: str, *blocks: dict[str, Any], **fields: Any) -> dict[str, Any]:
    usage = {"input_tokens": 10, "cache_read_input_tokens": 5, "output_tokens": len(uuid)}
    message = {"id": response, "role": "assistant", "model": "claude-x", "content": blocks, "usage": usage}
    return line(uuid, parent, type="assistant", message=message | fields.pop("message", {}), **fields)


def words(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def calls(call_id: str, name: str = "Bash", **arguments: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": call_id, "name": name, "input": arguments}


def result(call_id: str, text: str) -> list[dict[str, Any]]:
    return [{"type": "tool_result", "tool_use_id": call_id, "content": text}]


def log(lines: list[dict[str, Any]], *, tail: str = "") -> bytes:
    return "\n".join([*map(json.dumps, lines), tail]).encode()


PARALLEL = [
    {"type": "summary", "summary": "Two calls", "leafUuid": "r2"},
    asks("u1", None, "Run both."),
    answers("a1", "u1", "m1", {"type": "thinking", "thinking": "", "signature": "sig"}),
    answers("a1b", "a1", "m1", words("Both.")),
    answers("a1cc", "a1b", "m1", calls("c1", command="ls")),
    answers("a1ddd", "a1cc", "m1", calls("c2", command="pwd"), message={"stop_reason": "tool_use"}),
    asks("r1", "a1cc", result("c1", "a.txt"), toolUseResult={"stdout": "a.txt", "stderr": ""}),
    line("p1", "r1", type="progress", data={"n": 1}),
    asks("r2", "a1ddd", result("c2", "/w")),
    asks("x1", "r2", "Never answered"),
    answers("a2", "r2", "m2", words("Done."), message={"stop_reason": "end_turn"}),
]
"""One response over four lines, its results under different lines, and a prompt typed again."""

REWOUND = [
    asks("u0", None, "Old words", sessionId="another", forkedFrom={"sessionId": "another"}),
    answers("a0", "u0", "m0", words("Old answer"), sessionId="another"),
    asks("n1", "a0", "<system-reminder>Mind the gap.</system-reminder>", isMeta=True),
    asks("u1", "n1", "First try"),
    answers("a1", "u1", "m1", words("No.")),
    asks("u2", "n1", "Second try"),
    answers("a2", "u2", "m2", words("Yes.")),
    answers("e1", "a2", "m3", words("API Error"), message={"model": "<synthetic>"}, isApiErrorMessage=True),
    asks("u2", "n1", "Second try"),
    line(
        "b1",
        None,
        type="system",
        subtype="compact_boundary",
        logicalParentUuid="e1",
        compactMetadata={"n": 1},
    ),
    asks("s1", "b1", "Summary of it all.", isCompactSummary=True),
    answers("a3", "s1", "m4", words("Going on.")),
    asks("k1", "a3", [words("Look into it.")], isSidechain=True),
    answers("k2", "k1", "m5", words("Looked."), isSidechain=True),
]
"""A session forked from another one, rewound, compacted, with a subagent inside."""


def subagent(agent_id: str, prompt: str) -> bytes:
    fields = {"isSidechain": True, "agentId": agent_id}
    start, end = f"{agent_id}-1", f"{agent_id}-2"
    return log([asks(start, None, prompt, **fields), answers(end, start, f"m-{end}", words("Ok"), **fields)])


def samples(data: Path) -> Iterator[Sample]:
    """Real sessions with calls, a clear, a compaction and a subagent; the rest made by hand."""
    real = real_logs(data)
    for name in ("tool_call", "compaction", "clear_split", "agent"):
        found = next(key for key in real if key.startswith(name) and "atest" not in key)
        yield from file_samples(f"project/{found}", real[found])
    yield from file_samples("project/agent-atest01.jsonl", real["agent-atest01.jsonl"])
    yield from file_samples("project/parallel.jsonl", log(PARALLEL, tail='{"uuid":"cut'))
    yield from file_samples("project/rewound.jsonl", log(REWOUND))
    folder = f"project/{SESSION}/subagents"
    meta = json.dumps({"agentType": "Explore", "toolUseId": "c7"}).encode()
    yield bundle_sample(
        "claude_code",
        {
            f"{folder}/agent-a.jsonl": subagent("a", "Find it."),
            f"{folder}/agent-a.meta.json": meta,
            f"{folder}/agent-b.jsonl": subagent("b", "Fix it."),
        },
    )
