"""Plant a marker in every private field of real rollouts, and look for it in all that leaves."""

import json
from typing import Any

import pyarrow as pa
import pytest

from schemas.identity import content_digest
from schemas.rollouts import RawRecord, Rejection, Source, decode_record
from schemas.rows import ROLLOUT_TABLES, arrow_table
from schemas.tables import TABLES
from schemas.training import TRAINING_FORMATS, Unsupported, arrow_rows, encode_jsonl
from schemas.trajectory import Trajectory
from tests.rollout_rows import trajectory_rows
from tests.schemas.training.kinds import example_of, format_of

MARKER = "XQ7-planted-XQ7"


def marked(value: Any) -> Any:
    """Copy JSON with the marker in every key and string."""
    if isinstance(value, dict):
        return {f"{key} {MARKER}": marked(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [marked(inner) for inner in value] + [MARKER]
    return f"{value} {MARKER}" if isinstance(value, str) else value


def planted_row(row: dict[str, Any]) -> dict[str, Any]:
    """Mark what a policy must never see; names that the format itself gives stay."""
    info = row["info"]
    task = {name: marked(value) for name, value in info["task"].items()} | {"unheard_of": MARKER}
    verdict = info["reward_info"]
    if verdict is not None:
        parts = {"gt_data_hash": MARKER, "unheard_of": MARKER} | verdict["info"]
        parts["outputs"] = {f"{gold} {MARKER}": True for gold in ("1", "2")}
        verdict = verdict | {"actions": marked(verdict["actions"]), "info": parts | {"gt_data_hash": MARKER}}
    return row | {"info": info | {"task": task, "reward_info": verdict}}


@pytest.fixture(scope="module")
def planted(airline_json: bytes) -> list[Trajectory]:
    trajectories: list[Trajectory] = []
    for row in json.loads(airline_json):
        raw = json.dumps(planted_row(row)).encode()
        record = RawRecord(raw=raw, locator="file", index=0, record_id=content_digest(raw))
        decoded = decode_record(record, Source(uri="gpt-4o-airline.json", name="airline"))
        assert not isinstance(decoded, Rejection)
        trajectories.extend(decoded.trajectories)
    return trajectories


def table_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def test_only_quarantined_tables_hold_the_marker(planted: list[Trajectory]) -> None:
    rows = trajectory_rows(planted, bucket_count=4)
    holders = {
        name for name in ROLLOUT_TABLES if MARKER.encode() in table_bytes(arrow_table(name, rows[name]))
    }
    assert holders == {"task_secrets"}
    assert TABLES["task_secrets"].is_quarantined
    for row in rows["task_secrets"]:
        assert all(
            MARKER in row[name] for name in ("gold_actions", "gold_outputs", "private_instruction", "extra")
        )


@pytest.mark.parametrize("name", TRAINING_FORMATS)
def test_no_exported_byte_holds_the_marker(name: str, planted: list[Trajectory]) -> None:
    training_format = format_of(name, unsupported=Unsupported.LOSE)
    for trajectory in planted:
        rows = training_format.rows(example_of(trajectory, training_format.unit))
        assert all(MARKER.encode() not in encode_jsonl(row) for row in rows)
        if training_format.arrow_schema is not None:
            table = arrow_rows(rows, training_format.arrow_schema)
            assert MARKER.encode() not in table_bytes(table)


def test_rejections_do_not_tell_private_values(airline_json: bytes) -> None:
    row = planted_row(json.loads(airline_json)[0])
    for broken in (
        row | {"traj": []},
        row | {"task_id": None},
        row | {"info": row["info"] | {"task": MARKER}},
    ):
        raw = json.dumps(broken).encode()
        record = RawRecord(raw=raw, locator="file", index=0, record_id=content_digest(raw))
        rejection = decode_record(record, Source(uri="gpt-4o-airline.json", name="airline"))
        assert isinstance(rejection, Rejection)
        assert MARKER not in rejection.detail
