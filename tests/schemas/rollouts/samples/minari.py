import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.schemas.rollouts.real_files import Sample, bundle_sample

FOLDER = "datasets/own/text-v0/data"
DATASET = {
    "total_episodes": 2, "total_steps": 6, "data_format": "arrow", "jpeg_encoding": True, "minari_version": "0.5.4",
    "observation_space": '{"type": "Text"}', "action_space": '{"type": "Text"}', "dataset_id": "own/text-v0",
    "algorithm_name": "scripted", "env_spec": '{"id": "Rooms-v0", "entry_point": "rooms:Rooms"}',
}  # fmt: skip
FACTS = {"id": 1, "total_steps": 3, "seed": 8, "options": {"level": 1}}
COLUMNS: dict[str, list[Any]] = {
    "observations": ["room 0", "room 1", "room 2", "room 3"],
    "actions": ["go 0", "go 1", "go 2", None],
    "rewards": [0.0, 0.5, 1.0, 0.0],
    "terminations": [False, False, True, False],
    "truncations": [False, False, False, False],
    "infos": [{"hp": 3}, {"hp": 2}, {"hp": 1}, {"hp": 0}],
}


def arrow_part(columns: dict[str, list[Any]]) -> bytes:
    table, written = pa.table(columns), io.BytesIO()
    with pa.ipc.new_file(written, table.schema) as writer:
        writer.write_table(table)
    return written.getvalue()


def parquet_part(columns: dict[str, list[Any]]) -> bytes:
    written = io.BytesIO()
    pq.write_table(pa.table(columns), written)
    return written.getvalue()


def episode(part_name: str, part: bytes, facts: dict[str, Any] = FACTS) -> Sample:
    """One episode's folder, in a data set whose facts lie beside it."""
    members = {f"{FOLDER}/1/metadata.json": json.dumps(facts).encode(), f"{FOLDER}/1/{part_name}": part}
    sample = bundle_sample("minari", members)
    beside = {"metadata.json": json.dumps(DATASET).encode()}
    return sample._replace(source=replace(sample.source, beside=beside.get))


def samples(data: Path) -> Iterator[Sample]:
    """An episode in the layout that minari 0.5.4 writes."""
    yield episode("part-0.arrow", arrow_part(COLUMNS))
    yield episode("part-0.parquet", parquet_part(COLUMNS | {"truncations": [False, False, True, False]}))
