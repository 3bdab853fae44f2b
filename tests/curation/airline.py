"""The real tau-bench rollouts of GPT-4o on the airline tasks."""

import io
from functools import cache
from pathlib import Path

import zstandard

from schemas.rollouts import Rejection, Source, decode_record, read_records
from schemas.trajectory import Trajectory


@cache
def airline_trajectories(path: Path) -> tuple[Trajectory, ...]:
    raw = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(path.read_bytes())).read()
    source = Source(uri=str(path), name="airline")
    decoded = [decode_record(record, source) for record in read_records(io.BytesIO(raw))]
    return tuple(
        trajectory
        for found in decoded
        if not isinstance(found, Rejection)
        for trajectory in found.trajectories
    )
