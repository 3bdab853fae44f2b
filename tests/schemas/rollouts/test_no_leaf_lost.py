"""Change one leaf of a record at a time: some row must change with it, or the leaf is on the format's short list."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from schemas.rollouts import RawRecord, Rejection, Source, decode_record
from schemas.rollouts.tau_bench import IGNORED
from schemas.rows import Row, trajectory_rows

SOURCE = Source(uri="gpt-4o-airline.json", name="rollouts")

Path = tuple[str | int, ...]

CHAT = {
    "messages": [
        {"role": "developer", "content": "Rules", "name": "boss"},
        {"role": "user", "content": [{"type": "text", "text": "Hi"}, {"type": "image_url", "image_url": {"url": "u"}}]},
        {"role": "assistant", "content": "A demonstration", "is_demo": True},
        {
            "role": "assistant",
            "content": None,
            "reasoning_content": "hm",
            "refusal": "no",
            "weight": 0,
            "logprobs": [-0.5],
            "tool_calls": [
                {"id": "c", "type": "function", "index": 0, "function": {"name": "f", "arguments": "{}", "strict": True}},
                {"id": "d", "type": "custom", "custom": {"name": "sh", "input": "ls", "more": 1}},
            ],
        },
        {"role": "tool", "content": "ok", "tool_call_id": "c", "name": "f", "is_error": False},
        {"role": "assistant", "content": "", "function_call": {"name": "g", "arguments": "{}", "more": [1]}},
        {"role": "function", "content": "ok", "name": "g"},
    ],
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
    "task_id": "t", "trial": 0, "agent": "a", "model": "m", "reward": 1.0, "score": 0.5, "status": "completed",
    "termination_reason": "done", "benchmark": "b", "split": "test", "cost_usd": 0.1, "prompt_tokens": 1,
    "completion_tokens": 2, "meta": {"seed": 7},
}  # fmt: skip

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


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    if isinstance(value, (dict, list)) and value:
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, key))
    else:
        yield path


def changed(record: Any, path: Path) -> Any:
    """Copy a record with another value of the same type at one leaf (and another type where it was null or empty)."""
    record = copy.deepcopy(record)
    holder = record
    for key in path[:-1]:
        holder = holder[key]
    old = holder[path[-1]]
    if isinstance(old, bool) or not isinstance(old, (str, int, float)):
        holder[path[-1]] = not old
    else:
        holder[path[-1]] = old + "~" if isinstance(old, str) else old + 1
    return record


def rows_of(record: Any) -> dict[str, list[Row]] | Rejection:
    """Decode under one id for all records, so that only what was decoded can differ."""
    raw = RawRecord(raw=json.dumps(record).encode(), locator="file", index=0, record_id="0" * 64)
    decoded = decode_record(raw, SOURCE)
    return decoded if isinstance(decoded, Rejection) else trajectory_rows(decoded, bucket_count=1)


def lost_leaves(record: Any) -> set[str]:
    before = rows_of(record)
    assert not isinstance(before, Rejection)
    lost = (path for path in leaves(record) if rows_of(changed(record, path)) == before)
    return {".".join(str(key) for key in path if isinstance(key, str)) for path in lost}


def test_no_leaf_of_a_chat_is_lost() -> None:
    assert lost_leaves(CHAT) == set()


def test_no_leaf_of_a_real_chat_is_lost(swesmith_file: bytes) -> None:
    for line in swesmith_file.splitlines():
        row = json.loads(line)
        assert lost_leaves(row | {"messages": row["messages"][:9]}) == set()


def test_no_leaf_of_an_atif_document_is_lost() -> None:
    assert lost_leaves(ATIF) == set()


def test_no_leaf_of_a_real_atif_document_is_lost(atif_files: dict[str, bytes]) -> None:
    assert len(atif_files) == 4
    for content in atif_files.values():
        assert lost_leaves(json.loads(content)) == set()


@pytest.mark.parametrize("index", [0, 7, 33, 51, 120])
def test_only_listed_leaves_of_a_real_tau_bench_row_are_lost(
    airline_records: list[RawRecord], index: int
) -> None:
    lost = lost_leaves(json.loads(airline_records[index].raw))
    assert {name for name in lost if not name.startswith(tuple(IGNORED))} == set()


def test_what_is_listed_as_lost_is_lost(airline_records: list[RawRecord]) -> None:
    lost = lost_leaves(json.loads(airline_records[0].raw))
    assert {name for name in IGNORED if any(leaf.startswith(name) for leaf in lost)} == {
        "info.reward_info.actions",
        "info.reward_info.info.gt_data_hash",
    }
