"""Rollouts that count several times among the attempts of their task, and trials that contradict each other."""

from typing import Any

from msgspec.structs import replace

from schemas.identity import content_digest
from schemas.trajectory import Message, Origin, Role, ToolCall, Trajectory
from tests.warehouse.rollout_batches import make_records, make_repair, make_rows, make_trajectory, raw_of
from warehouse import Warehouse, named_query

FIRST = make_trajectory(0)


def copied(number: int, **fields: Any) -> Trajectory:
    """Give the first rollout as another record says it."""
    return replace(FIRST, record_id=content_digest(raw_of(number)), **fields)


def answers(warehouse: Warehouse, name: str, *trajectories: Trajectory) -> list[dict[str, Any]]:
    warehouse.insert_rollouts(make_rows(trajectories), make_records(range(20)))
    rows: list[dict[str, Any]] = warehouse.sql(named_query(name)).to_arrow().to_pylist()
    return rows


def spelled(arguments: str, text: str | None = "Looking.") -> tuple[Message, ...]:
    call = ToolCall(name="look", arguments=arguments, call_id="other", result_seq=2)
    asked, turn, *rest = FIRST.messages
    return asked, replace(turn, text=text, tool_calls=(call,)), *rest


def test_a_rollout_that_is_written_in_another_way_is_told_as_a_copy(warehouse: Warehouse) -> None:
    again = copied(1, source_format="other", trial=9, messages=spelled('{"at":1}', "Looking. "))
    (row,) = answers(warehouse, "repeated_rollouts", FIRST, again, make_repair(FIRST), make_trajectory(2))
    assert (row["task_key"], row["copy_count"], row["message_count"]) == ("task/0", 2, 4)
    assert row["formats"] == ["literal", "other"]
    assert {row["example_trajectory_id"], row["other_trajectory_id"]} == {
        FIRST.trajectory_id,
        again.trajectory_id,
    }


def test_a_system_prompt_that_only_one_of_two_copies_holds_makes_no_difference(warehouse: Warehouse) -> None:
    prompt = Message(seq=0, role=Role.SYSTEM, origin=Origin.SCRIPTED, text="Be kind.")
    moved = tuple(replace(message, seq=message.seq + 1) for message in FIRST.messages)
    again = copied(1, messages=(prompt, *moved))
    (row,) = answers(warehouse, "repeated_rollouts", FIRST, again)
    assert row["copy_count"] == 2


def test_what_differs_in_a_word_an_argument_or_the_order_is_no_copy(warehouse: Warehouse) -> None:
    first, second, third, fourth = FIRST.messages
    swapped = (replace(third, seq=0), second, replace(first, seq=2), fourth)
    others = [
        copied(1, messages=spelled('{"at": 2}')),
        copied(2, messages=spelled('{"at": 1}', "Looked.")),
        copied(3, messages=swapped),
        copied(4, messages=FIRST.messages[:3]),
    ]
    assert answers(warehouse, "repeated_rollouts", FIRST, *others) == []


def test_a_trial_with_two_rewards_is_told(warehouse: Warehouse) -> None:
    again = copied(1, outcome_reward=0.25)
    same, unknown = copied(2), copied(3, outcome_reward=None)
    untold = [copied(number, trial=None, outcome_reward=float(number)) for number in (4, 5)]
    (row,) = answers(warehouse, "contradicting_trials", FIRST, again, same, unknown, *untold)
    assert (row["task_key"], row["trial"], row["copy_count"]) == ("task/0", 0, 4)
    assert (row["lowest_reward"], row["highest_reward"]) == (0.0, 0.25)
