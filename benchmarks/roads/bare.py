"""The bare limit: a typed decode of each line, and zstd-3 Parquet of the columns that Winnow stores."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.roads import HOLDS_NEEDLE

BATCH_BYTES = 16 * 2**20


class Function(msgspec.Struct, gc=False):
    """A function called."""

    name: str
    arguments: str


class Call(msgspec.Struct, gc=False):
    """A tool call."""

    id: str
    function: Function


class Message(msgspec.Struct, gc=False):
    """A message."""

    role: str
    content: str | None = None
    tool_calls: list[Call] = []
    tool_call_id: str | None = None


class Rollout(msgspec.Struct, gc=False):
    """A line."""

    messages: list[Message]
    task_id: str
    trial: int
    model: str
    reward: float


CALL = [pa.field(name, pa.string()) for name in ("call_id", "name", "arguments")]
CALLS = pa.list_(pa.struct(CALL))
MESSAGES_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("rollout", pa.int64()),
    ("seq", pa.int64()),
    ("role", pa.string()),
    ("text", pa.string()),
    ("tool_calls", CALLS),
    ("tool_call_id", pa.string()),
]
MESSAGES = pa.schema(MESSAGES_COLUMNS)
ROLLOUTS_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("rollout", pa.int64()),
    ("task_id", pa.string()),
    ("trial", pa.int64()),
    ("model", pa.string()),
    ("reward", pa.float64()),
    ("raw", pa.large_binary()),
]
ROLLOUTS = pa.schema(ROLLOUTS_COLUMNS)


def main() -> None:
    """Write both tables, then ask them."""
    rollouts, place, needle = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    place.mkdir()
    start = time.perf_counter()
    write(rollouts, place)
    wall_s = time.perf_counter() - start
    (rows,) = duckdb.execute(f"SELECT count(*) FROM '{place}/rollouts.parquet'").fetchone() or (0,)
    (hits,) = duckdb.execute(
        f"SELECT count(DISTINCT rollout) FROM '{place}/messages.parquet' WHERE {HOLDS_NEEDLE}",
        {"needle": needle},
    ).fetchone() or (0,)
    sys.stdout.write(json.dumps({"wall_s": wall_s, "rows": rows, "hits": hits}) + "\n")


def writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Open a Parquet file."""
    return pq.ParquetWriter(path, schema, compression="zstd", compression_level=3, use_dictionary=False)


def write(rollouts: Path, place: Path) -> None:
    """Decode and write batch by batch."""
    decode = msgspec.json.Decoder(Rollout).decode
    with (
        writer(place / "rollouts.parquet", ROLLOUTS) as heads,
        writer(place / "messages.parquet", MESSAGES) as bodies,
        rollouts.open("rb", buffering=1 << 20) as lines,
    ):
        held: list[bytes] = []
        size = first = 0
        for line in lines:
            held.append(line)
            size += len(line)
            if size >= BATCH_BYTES:
                write_batch([decode(raw) for raw in held], held, first, heads, bodies)
                first, held, size = first + len(held), [], 0
        write_batch([decode(raw) for raw in held], held, first, heads, bodies)


def write_batch(
    batch: list[Rollout], raw: list[bytes], first: int, heads: pq.ParquetWriter, bodies: pq.ParquetWriter
) -> None:
    """Write one batch as columns."""
    numbers = range(first, first + len(batch))
    columns = [numbers, *([getattr(one, name) for one in batch] for name in ROLLOUTS.names[1:-1]), raw]
    heads.write_table(
        pa.table(
            [pa.array(values, field.type) for values, field in zip(columns, ROLLOUTS, strict=True)],
            schema=ROLLOUTS,
        )
    )
    spoken = [
        (number, seq, message)
        for number, one in zip(numbers, batch, strict=True)
        for seq, message in enumerate(one.messages)
    ]
    bodies.write_table(
        pa.table(
            {
                "rollout": [number for number, _, _ in spoken],
                "seq": [seq for _, seq, _ in spoken],
                "role": [message.role for _, _, message in spoken],
                "text": [message.content for _, _, message in spoken],
                "tool_calls": calls([message.tool_calls for _, _, message in spoken]),
                "tool_call_id": [message.tool_call_id for _, _, message in spoken],
            },
            schema=MESSAGES,
        )
    )


def calls(held: list[list[Call]]) -> "pa.Array[Any]":
    """Build the list column from flat columns."""
    offsets = [0]
    for one in held:
        offsets.append(offsets[-1] + len(one))
    flat = [call for one in held for call in one]
    values = pa.StructArray.from_arrays(
        [
            pa.array([call.id for call in flat], pa.string()),
            pa.array([call.function.name for call in flat], pa.string()),
            pa.array([call.function.arguments for call in flat], pa.string()),
        ],
        names=["call_id", "name", "arguments"],
    )
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)


if __name__ == "__main__":
    main()
