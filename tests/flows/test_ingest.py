"""Ingest: every record is kept or refused with a reason, whatever stands beside it."""

import gzip
import json
from pathlib import Path

import pytest

from flows.ingest import ingest
from schemas.errors import SourceNotFoundError, UnknownNameError
from warehouse import Warehouse

pytestmark = pytest.mark.slow

CHAT = {
    "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}],
    "task_id": "t",
}


def chat_line(number: int) -> str:
    return json.dumps(CHAT | {"trial": number, "reward": 1.0})


def reasons(house: Warehouse) -> dict[str, str]:
    rows = house.sql("SELECT source_uri, reason FROM records WHERE parse_status = 'rejected'").rows()
    return {Path(uri).name: reason for uri, reason in rows}


def test_truncated_and_malformed_files_are_refused_and_their_neighbours_land(
    tmp_path: Path, airline_file: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    compressed = airline_file.read_bytes()
    (folder / "whole.json.zst").write_bytes(compressed)
    (folder / "cut.json.zst").write_bytes(compressed[: len(compressed) // 2])
    (folder / "cut.json").write_bytes(b'[\n{"task_id": 1, "traj": [')
    (folder / "empty.jsonl").write_bytes(b"")
    (folder / "latin.jsonl").write_bytes(b'{"messages": "\xe9"}')
    (folder / "odd.jsonl").write_text('{"colour": "blue"}', encoding="utf-8")
    (folder / "mixed.jsonl").write_text(
        f"{chat_line(0)}\n{{oops\n{chat_line(1)}\n{chat_line(0)}\n", encoding="utf-8"
    )
    with gzip.open(folder / "chat.jsonl.gz", "wt", encoding="utf-8") as stream:
        stream.write(chat_line(2))

    counts = ingest(warehouse=tmp_path / "warehouse", paths=[str(folder)])

    assert counts.record_count == counts.kept_count + counts.rejected_count + counts.repeated_count
    before_the_cut = 54  # rows of the archive that broke; the whole one has them too
    assert (counts.kept_count, counts.rejected_count, counts.repeated_count) == (
        200 + 2 + 1 + before_the_cut,
        6,
        1,
    )
    house = Warehouse(tmp_path / "warehouse")
    assert reasons(house) == {
        "cut.json.zst": "unreadable_container",
        "cut.json": "truncated_json",
        "empty.jsonl": "empty_file",
        "latin.jsonl": "invalid_encoding",
        "odd.jsonl": "unknown_format",
        "mixed.jsonl": "invalid_json",
    }
    assert house.sql("SELECT count(*) FROM trajectories").rows() == [(203,)]
    assert house.sql("SELECT sum(record_count)::INT FROM sources").rows() == [(counts.record_count,)]
    ((record_id,),) = house.sql("SELECT record_id FROM records WHERE source_uri LIKE '%cut.json'").rows()
    assert house.raw_record(record_id) == (folder / "cut.json").read_bytes()


def test_record_in_two_files_is_kept_once(tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_text(chat_line(0) + "\n" + chat_line(ord(name[0])), encoding="utf-8")
    counts = ingest(warehouse=tmp_path / "warehouse", paths=[str(tmp_path / "*.jsonl")])
    assert (counts.record_count, counts.kept_count, counts.new_trajectory_count) == (4, 4, 3)
    house = Warehouse(tmp_path / "warehouse")
    assert house.sql("SELECT count(*) FROM records").rows() == [(3,)]
    assert house.sql("SELECT count(*) FROM messages").rows() == [(6,)]


def test_named_format_refuses_records_of_another(tmp_path: Path) -> None:
    (tmp_path / "chat.jsonl").write_text(chat_line(0), encoding="utf-8")
    counts = ingest(
        warehouse=tmp_path / "warehouse", paths=[str(tmp_path / "chat.jsonl")], format_name="tau_bench"
    )
    assert (counts.kept_count, counts.rejected_count) == (0, 1)


def test_path_without_files_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFoundError, match="no glob that matches"):
        ingest(warehouse=tmp_path / "warehouse", paths=[str(tmp_path / "*.nothing")])


def test_unknown_format_is_an_error_that_names_the_known(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="tau_bench"):
        ingest(warehouse=tmp_path / "warehouse", paths=[str(tmp_path)], format_name="tau")


@pytest.mark.parametrize("form", ["openai_chat", "tau_bench", "atif"])
def test_each_format_of_the_simulation_is_detected_and_means_the_same(tmp_path: Path, form: str) -> None:
    from simulation.generate import generate

    generate(tmp_path / form, tasks=4, trials=3, seed=5, format=form)
    ingest(warehouse=tmp_path / "warehouse", paths=[str(tmp_path / form / "rollouts")])
    house = Warehouse(tmp_path / "warehouse")
    assert house.sql("SELECT DISTINCT source_format FROM trajectories").rows() == [(form,)]
    assert house.sql("SELECT count(*), count(DISTINCT task_id) FROM trajectories").rows() == [(12, 4)]
    assert house.sql("SELECT count(*) FROM trajectories WHERE outcome_reward IS NULL").rows() == [(0,)]
    linked = house.sql("SELECT count(*) FROM messages WHERE role = 'tool' AND call_seq IS NULL").rows()
    assert linked == [(0,)]


def test_trials_of_one_task_in_several_files_of_a_folder_are_one_group(tmp_path: Path) -> None:
    folder = tmp_path / "run-7"
    folder.mkdir()
    for number in range(3):
        (folder / f"shard-{number}.jsonl").write_text(chat_line(number), encoding="utf-8")
    ingest(warehouse=tmp_path / "warehouse", paths=[str(folder)])
    groups = Warehouse(tmp_path / "warehouse").sql(
        "SELECT source_name, count(*), count(DISTINCT group_id) FROM trajectories GROUP BY source_name"
    )
    assert groups.rows() == [("run-7", 3, 1)]
