import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.schemas.rollouts.real_files import Sample, file_samples

TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
ASKED = [{"role": "system", "content": "Rules"}, {"role": "user", "content": "Go"}]
CALLED = {"role": "assistant", "content": None, "tool_calls": [CALL]}
ANSWERED = {"role": "tool", "tool_call_id": "c", "content": "ok"}


def observation(name: str, second: int, kind: str = "GENERATION", **fields: Any) -> dict[str, Any]:
    start = f"2026-05-01 10:00:{second:02}.000000"
    return {
        "id": name,
        "traceId": "t-1",
        "projectId": "p",
        "type": kind,
        "name": name,
        "startTime": start,
    } | fields


def score(**fields: Any) -> dict[str, Any]:
    kinds = {"dataType": "NUMERIC", "source": "EVAL", "comment": "fine"}
    return {"id": "s-1", "traceId": "t-1", "name": "helpful", "value": 0.5} | kinds | fields


TRACE: list[dict[str, Any]] = [
    observation("root", 0, "SPAN", traceName="weather", input="x", tags=["a"]),
    observation(
        "second", 3, model="gpt-x", input=json.dumps([*ASKED, CALLED, ANSWERED]), output=json.dumps("Done."),
        usageDetails={"input": 20, "output": 3, "total": 23}, totalCost=0.25, level="DEFAULT",
    ),
    observation(
        "first", 1, model="gpt-x", input={"messages": ASKED, "tools": TOOLS, "temperature": 0}, output=CALLED,
        usageDetails={"input": 10, "output": 2}, totalCost=0.5, modelParameters={"temperature": 0},
    ),
]  # fmt: skip
BLOCKS = [
    {"role": "user", "content": "Look"},
    {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "f", "input": {"a": 1}}]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": "seen"}]},
]
SNAKE: list[dict[str, Any]] = [
    {
        "id": "o-1", "trace_id": "t-2", "project_id": "p", "type": "GENERATION", "start_time": "2026-05-01 10:00:00",
        "provided_model_name": "claude-x", "input": BLOCKS, "output": {"role": "assistant", "content": "A cat."},
        "usage_details": {"input": 7, "output": 1}, "level": "ERROR", "status_message": "cut",
    },
    {
        "id": "o-2", "trace_id": "t-3", "type": "GENERATION", "start_time": "2026-05-01 10:00:01",
        "input": "Plain words", "output": {"answer": 42},
    },
]  # fmt: skip
SCORES: list[dict[str, Any]] = [score(), score(id="s-2", name="kind", value=None, stringValue="good", dataType="CATEGORICAL", source="ANNOTATION", authorUserId="u")]  # fmt: skip
WHOLE = {
    "id": "t-1", "timestamp": "2026-05-01", "name": "weather", "input": "x", "output": "y", "tags": ["a"],
    "observations": [TRACE[2], observation("late", 9, "EVENT")], "scores": [score(observationId="first")],
}  # fmt: skip


def lines(records: list[dict[str, Any]], *, tail: str = "") -> bytes:
    return "\n".join([*map(json.dumps, records), tail]).encode()


TYPES = {"usage_details": pa.map_(pa.string(), pa.int64()), "start_time": pa.timestamp("us", "UTC")}


def as_csv(records: list[dict[str, Any]]) -> bytes:
    """Write rows as the exports do: no types, nothing for null, JSON for objects and arrays."""
    text = io.StringIO()
    table = csv.DictWriter(text, list(dict.fromkeys(name for record in records for name in record)))
    table.writeheader()
    for record in records:
        cells = ((name, value) for name, value in record.items() if value is not None)
        table.writerow({name: one if isinstance(one, str) else json.dumps(one) for name, one in cells})
    return text.getvalue().encode()


def as_parquet(records: list[dict[str, Any]]) -> bytes:
    """Write rows with types: payloads as text, usage as a map, times as times."""
    columns = {
        name: pa.array([_typed(name, record.get(name)) for record in records], TYPES.get(name))
        for name in dict.fromkeys(name for record in records for name in record)
    }
    written = io.BytesIO()
    pq.write_table(pa.table(columns), written)
    return written.getvalue()


def _typed(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name == "usage_details":
        return list(value.items())
    if name == "start_time":
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return json.dumps(value) if isinstance(value, (list, dict)) else value


def samples(data: Path) -> Iterator[Sample]:
    """Made by hand after the SDK's types: `shared/data` holds no export."""
    yield from file_samples("observations_v2/1.jsonl", lines(TRACE, tail='{"id": "cut'))
    yield from file_samples("observations/2.json", json.dumps(SNAKE).encode())
    yield from file_samples("scores/1.jsonl", lines(SCORES))
    yield from file_samples("trace.json", json.dumps(WHOLE).encode())
    yield from file_samples("observations/1.csv", as_csv(TRACE))
    yield from file_samples("scores/1.csv", as_csv(SCORES))
    yield from file_samples("observations_v2/1.parquet", as_parquet(SNAKE))
