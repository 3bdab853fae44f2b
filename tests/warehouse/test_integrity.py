from collections.abc import Callable

import polars as pl
import pytest

from tests.warehouse.rollout_batches import make_batch, make_repair, make_rows, make_trajectory
from warehouse import Warehouse
from warehouse.integrity import FINDING_COLUMNS, check


def double_a_score(warehouse: Warehouse) -> None:
    warehouse.store.append("scores", make_batch([0])[0]["scores"])


def lose_a_message(warehouse: Warehouse) -> None:
    warehouse.store.delete("messages", f"seq = 1 AND trajectory_id = '{make_trajectory(0).trajectory_id}'")


def lose_the_last_message(warehouse: Warehouse) -> None:
    warehouse.store.delete("messages", f"seq = 3 AND trajectory_id = '{make_trajectory(0).trajectory_id}'")


def lose_a_trajectory(warehouse: Warehouse) -> None:
    warehouse.store.delete("trajectories", f"trajectory_id = '{make_trajectory(0).trajectory_id}'")


def lose_a_record(warehouse: Warehouse) -> None:
    warehouse.store.delete("records", f"record_id = '{make_trajectory(0).record_id}'")


def lose_a_task(warehouse: Warehouse) -> None:
    warehouse.store.delete("tasks", f"task_id = '{make_trajectory(0).task.task_id}'")


def change_raw_bytes(warehouse: Warehouse) -> None:
    records = warehouse.store.read("records").filter(record_id=make_trajectory(0).record_id)
    lose_a_record(warehouse)
    warehouse.store.append("records", records.with_columns(raw=pl.lit(b"forged")))


@pytest.mark.parametrize(
    ("corrupt", "expected"),
    [
        (double_a_score, {"key_is_not_unique"}),
        (lose_a_message, {"message_sequence_has_gaps", "message_count_differs"}),
        (lose_the_last_message, {"message_count_differs"}),
        (
            lose_a_trajectory,
            {"message_without_trajectory", "score_without_trajectory", "trajectory_count_differs"},
        ),
        (lose_a_record, {"trajectory_without_record"}),
        (lose_a_task, {"trajectory_without_task"}),
        (change_raw_bytes, {"raw_bytes_differ_from_address"}),
    ],
)
def test_finds_planted_corruption(
    warehouse: Warehouse, corrupt: Callable[[Warehouse], None], expected: set[str]
) -> None:
    warehouse.insert_rollouts(*make_batch(range(5)))
    assert check(warehouse).is_empty()
    corrupt(warehouse)
    findings = check(warehouse)
    assert set(findings["check"]) == expected
    assert findings.null_count().sum_horizontal().item() == 0


def test_repairs_do_not_count_as_trajectories_of_their_record(warehouse: Warehouse) -> None:
    warehouse.insert_rollouts(*make_batch([1]))
    warehouse.insert_repairs(make_rows([make_repair(make_trajectory(1))]))
    assert check(warehouse).is_empty()


def test_an_empty_warehouse_is_sound(warehouse: Warehouse) -> None:
    findings = check(warehouse)
    assert findings.is_empty()
    assert findings.columns == list(FINDING_COLUMNS)
