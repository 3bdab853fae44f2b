import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread
from typing import Any

import polars as pl
import pytest
from msgspec.structs import replace
from polars.testing import assert_frame_equal

from schemas.errors import SchemaMismatchError
from schemas.rows import ROLLOUT_TABLES, arrow_table, trajectory_from_rows
from schemas.trajectory import Task
from tests.warehouse.rollout_batches import (
    BUCKET_COUNT,
    make_batch,
    make_repair,
    make_rows,
    make_trajectory,
    raw_of,
)
from warehouse import Warehouse
from warehouse.integrity import check

WRITER = """
import sys
from tests.warehouse.rollout_batches import make_batch
from warehouse import Warehouse
warehouse = Warehouse(sys.argv[1])
print("ready", flush=True)
for first in range(0, int(sys.argv[2]), 10):
    warehouse.insert_rollouts(*make_batch(range(first, first + 10)))
"""


def contents(warehouse: Warehouse) -> dict[str, pl.DataFrame]:
    return {name: warehouse.store.read(name) for name in (*ROLLOUT_TABLES, "records")}


def assert_same_contents(warehouse: Warehouse, expected: dict[str, pl.DataFrame]) -> None:
    for name, frame in contents(warehouse).items():
        assert_frame_equal(frame, expected[name])


def start_writer(warehouse: Warehouse, count: int) -> subprocess.Popen[str]:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(warehouse.root), str(count)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "ready\n"
    return writer


def finish(writer: subprocess.Popen[str]) -> int:
    writer.communicate()
    return writer.returncode


def test_gives_back_what_was_inserted(warehouse: Warehouse) -> None:
    trajectory = make_trajectory(3)
    warehouse.insert_rollouts(*make_batch([3]))
    stored = {name: frame.to_dicts() for name, frame in contents(warehouse).items()}
    rebuilt = trajectory_from_rows(
        stored["trajectories"][0], stored["messages"], stored["tasks"][0], stored["toolsets"][0]
    )
    assert rebuilt.messages == trajectory.messages
    assert rebuilt.trajectory_id == trajectory.trajectory_id


def test_inserting_the_same_batch_twice_adds_nothing(warehouse: Warehouse) -> None:
    warehouse.insert_rollouts(*make_batch(range(5)))
    before = contents(warehouse)
    versions = {name: warehouse.store.version(name) for name in before}
    added = warehouse.insert_rollouts(*make_batch(range(5)))
    assert set(added.values()) == {0}
    assert {name: warehouse.store.version(name) for name in before} == versions
    assert_same_contents(warehouse, before)


def test_overlapping_batches_share_records(warehouse: Warehouse) -> None:
    warehouse.insert_rollouts(*make_batch(range(6)))
    added = warehouse.insert_rollouts(*make_batch(range(4, 9)))
    assert (added["trajectories"], added["messages"], added["records"]) == (3, 12, 3)
    assert check(warehouse).is_empty()


def test_a_batch_that_repeats_a_record_keeps_it_once(warehouse: Warehouse) -> None:
    warehouse.insert_rollouts(*make_batch([1, 2, 1]))
    assert warehouse.store.read("trajectories").height == 2
    assert warehouse.store.read("messages").height == 8
    assert check(warehouse).is_empty()


def test_keeps_a_batch_of_rejected_records_only(warehouse: Warehouse) -> None:
    rejected = make_batch([1])[1].to_pylist()[0] | {
        "parse_status": "rejected",
        "reason": "invalid_json",
        "trajectory_count": 0,
    }
    warehouse.insert_rollouts({}, arrow_table("records", [rejected]))
    assert warehouse.store.read("records")["reason"].to_list() == ["invalid_json"]
    assert check(warehouse).is_empty()


def test_rows_that_do_not_fit_commit_nothing(warehouse: Warehouse) -> None:
    rows, records = make_batch([1])
    with pytest.raises(SchemaMismatchError, match="missing columns"):
        warehouse.insert_rollouts(rows | {"scores": rows["scores"].drop_columns(["name"])}, records)
    assert warehouse.store.table_names() == []


def test_knows_only_records_that_landed(warehouse: Warehouse) -> None:
    _, records = make_batch([1, 2])
    ids = pl.Series(records["record_id"]).to_list()
    warehouse.insert_rollouts(*make_batch([1]))
    assert warehouse.known_records(ids) == {ids[0]}


def test_inserts_a_repair_once_beside_its_parent(warehouse: Warehouse) -> None:
    parent = make_trajectory(1)
    warehouse.insert_rollouts(*make_batch([1]))
    assert warehouse.insert_repairs(make_rows([make_repair(parent)]))["messages"] == 2
    assert warehouse.insert_repairs(make_rows([make_repair(parent)]))["messages"] == 0
    assert warehouse.store.read("trajectories")["relation"].sort().to_list() == ["attempt", "repair"]
    assert check(warehouse).is_empty()


def test_raw_bytes_come_back_exactly(warehouse: Warehouse) -> None:
    warehouse.insert_rollouts(*make_batch(range(3)))
    record_id = make_trajectory(2).record_id
    assert warehouse.raw_record(record_id) == raw_of(2)


@pytest.mark.parametrize("committed", range(8), ids=lambda count: f"{count}_commits")
@pytest.mark.parametrize("kind", ["rollouts", "repairs"])
def test_insert_cut_after_any_commit_is_made_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, committed: int, kind: str
) -> None:
    """Stops the store's commits one by one, which random kills may miss."""
    whole, cut = (
        Warehouse(tmp_path / name, create=True, bucket_count=BUCKET_COUNT) for name in ("whole", "cut")
    )
    for warehouse in (whole, cut):
        warehouse.insert_rollouts(*make_batch([1]))

    def insert(warehouse: Warehouse) -> None:
        if kind == "repairs":
            warehouse.insert_repairs(make_rows([make_repair(make_trajectory(1))]))
        else:
            warehouse.insert_rollouts(*make_batch([1, 2, 3]))

    insert(whole)
    remaining = iter(range(committed))
    commit = cut.store._commit

    def commit_until_killed(*args: Any, **options: Any) -> Any:
        if next(remaining, None) is None:
            raise KeyboardInterrupt
        return commit(*args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(cut.store, "_commit", commit_until_killed)
        try:
            insert(cut)
        except KeyboardInterrupt:
            assert list((cut.root / "intents").iterdir())
    insert(cut)
    assert_same_contents(cut, contents(whole))
    assert check(cut).is_empty()
    assert not list((cut.root / "intents").iterdir())


def test_an_intent_left_after_its_last_commit_deletes_nothing(warehouse: Warehouse) -> None:
    warehouse.insert_rollouts(*make_batch(range(4)))
    before = contents(warehouse)
    rows, _ = make_batch(range(4))
    intent = {
        name: rows["trajectories"][name].to_pylist() for name in ("trajectory_id", "record_id", "bucket")
    }
    (warehouse.root / "intents" / "left.json").write_text(json.dumps(intent))
    assert warehouse.recover() == 0
    assert_same_contents(warehouse, before)


def test_kill_at_random_moments_then_the_same_inserts_give_the_same_rows(tmp_path: Path) -> None:
    count = 60
    whole, killed = (
        Warehouse(tmp_path / name, create=True, bucket_count=BUCKET_COUNT) for name in ("whole", "killed")
    )
    for first in range(0, count, 10):
        whole.insert_rollouts(*make_batch(range(first, first + 10)))
    chance = random.Random(7)
    for _ in range(10):
        writer = start_writer(killed, count)
        time.sleep(chance.uniform(0.0, 0.25))
        os.kill(writer.pid, signal.SIGKILL)
        finish(writer)
    assert finish(start_writer(killed, count)) == 0
    assert_same_contents(killed, contents(whole))
    assert check(killed).is_empty()


def test_several_processes_and_threads_inserting_the_same_rollouts_keep_each_once(
    warehouse: Warehouse,
) -> None:
    writers = [start_writer(warehouse, 40) for _ in range(2)]
    threads = [Thread(target=lambda: warehouse.insert_rollouts(*make_batch(range(30, 60)))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [finish(writer) for writer in writers] == [0, 0]
    assert warehouse.store.read("trajectories").height == 60
    assert warehouse.store.read("messages").height == 240
    assert check(warehouse).is_empty()


def test_known_record_that_names_another_task_adds_nothing(warehouse: Warehouse) -> None:
    """Read under another file name, the same bytes may be taken for another task, in another bucket."""
    rows, records = make_batch(range(6))
    warehouse.insert_rollouts(rows, records)
    before = contents(warehouse)
    other = Task(benchmark="other", task_key="elsewhere")
    renamed = [replace(make_trajectory(number), task=other) for number in range(6)]
    added = warehouse.insert_rollouts(make_rows(renamed), records)
    assert set(added.values()) == {0}
    assert_same_contents(warehouse, before)


def test_a_refused_record_that_can_be_read_now_is_read(warehouse: Warehouse) -> None:
    rows, records = make_batch([1, 2])
    refused = [
        row | {"parse_status": "rejected", "reason": "unknown_format", "detail": "?", "trajectory_count": 0}
        for row in records.to_pylist()
    ]
    warehouse.insert_rollouts({}, arrow_table("records", refused))
    added = warehouse.insert_rollouts(rows, records)
    assert added["trajectories"] == 2
    assert warehouse.store.read("records")["parse_status"].to_list() == ["parsed", "parsed"]
    assert check(warehouse).is_empty()


def test_a_record_that_was_read_is_not_refused_later(warehouse: Warehouse) -> None:
    rows, records = make_batch([1])
    warehouse.insert_rollouts(rows, records)
    refused = [
        row | {"parse_status": "rejected", "reason": "unknown_format", "detail": "?", "trajectory_count": 0}
        for row in records.to_pylist()
    ]
    warehouse.insert_rollouts({}, arrow_table("records", refused))
    assert warehouse.store.read("records")["parse_status"].to_list() == ["parsed"]
