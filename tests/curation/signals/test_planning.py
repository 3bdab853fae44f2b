import dataclasses
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from msgspec.structs import replace

from curation.conduct.gold_actions import gold_calls
from curation.frames import polars_schema
from curation.signals.planning import Planning
from schemas.tables import TABLES
from schemas.trajectory import Task, TaskSecrets, Trajectory
from tests.curation.airline import airline_trajectories
from tests.curation.rollouts import BAD, Turn, call, do, frames, rollout, say
from tests.curation.strategies import few, groups

GOLD = [
    {"name": "look", "kwargs": {"user_id": "u1"}},
    {"name": "cancel", "kwargs": {"order_id": "o1", "reason": "late"}},
    {"name": "transfer", "kwargs": {"summary": "the user is angry"}},
]


def trial(*turns: Turn, gold: object = GOLD) -> Trajectory:
    secrets = TaskSecrets(gold_actions=gold if isinstance(gold, str) else json.dumps(gold))
    return replace(rollout(*turns), task=Task(benchmark="bench", task_key="task", secrets=secrets))


def figure(column: str, trajectory: Trajectory, **parameters: Any) -> float | None:
    measured = Planning(**parameters).compute(frames(trajectory))["trajectory"]
    value: float | None = measured[column].item()
    return value


LOOK, CANCEL = do("look", {"user_id": "u1"}), do("cancel", {"reason": "late", "order_id": "o1"})
TRANSFER = do("transfer", {"summary": "in other words"})


@pytest.mark.parametrize(
    ("turns", "share"),
    [
        ((), 0.0),
        ((say(),), 0.0),
        ((LOOK,), 1 / 3),
        ((LOOK, LOOK), 1 / 3),
        ((CANCEL, LOOK), 2 / 3),
        ((LOOK, CANCEL, TRANSFER), 1.0),
        ((Turn(calls=(call("look", {"user_id": "u1"}), call("cancel", {"order_id": "o2"}))),), 1 / 3),
    ],
)
def test_gold_actions_are_matched_by_name_and_arguments_in_any_order(
    turns: tuple[Turn, ...], share: float
) -> None:
    assert figure("step_success_rate", trial(*turns)) == pytest.approx(share)


def test_gold_actions_that_stand_in_two_rows_of_a_task_count_once() -> None:
    once = trial(LOOK, LOOK)
    secrets = once.task.secrets
    assert secrets is not None
    other = replace(secrets, extra='{"reward_info":{"gt_data_hash":"h"}}')
    twice = frames(once, replace(once, record_id="f" * 64, task=replace(once.task, secrets=other)))
    assert twice.task_secrets.height == 2
    assert gold_calls(twice.task_secrets).height == len(GOLD)


def test_free_words_are_left_out_unless_told_otherwise() -> None:
    assert figure("step_success_rate", trial(TRANSFER), ignored_arguments=()) == 0.0
    assert figure("step_success_rate", trial(TRANSFER)) == pytest.approx(1 / 3)


def test_equal_gold_actions_need_as_many_calls_unless_told_otherwise() -> None:
    twice = [GOLD[0], GOLD[0]]
    assert figure("step_success_rate", trial(LOOK, gold=twice)) == 0.5
    assert figure("step_success_rate", trial(LOOK, gold=twice), is_one_to_one=False) == 1.0


def test_only_the_arguments_that_count_are_compared() -> None:
    gold = [{"name": "cancel", "arguments": {"order_id": "o1", "reason": "x"}, "compare_args": ["order_id"]}]
    assert figure("step_success_rate", trial(CANCEL, gold=gold)) == 1.0
    assert figure("step_success_rate", trial(do("cancel", {"order_id": "o2"}), gold=gold)) == 0.0


@pytest.mark.parametrize(
    "gold", ["[]", "{}", "broken", '["look"]', '[{"name": "look", "requestor": "user", "arguments": {}}]']
)
def test_a_task_without_gold_actions_of_the_agent_has_no_step_success(gold: str) -> None:
    assert figure("step_success_rate", trial(LOOK, gold=gold)) is None
    assert figure("element_accuracy", trial(LOOK, gold=gold)) is None


def test_elements_are_right_when_a_gold_action_of_that_tool_has_them() -> None:
    other_reason = do("cancel", {"order_id": "o1", "reason": "early"})
    wrong = do("cancel", {"order_id": "o2", "reason": "late"})
    assert figure("element_accuracy", trial(other_reason, wrong, LOOK, TRANSFER)) == pytest.approx(2 / 3)
    assert figure("element_accuracy", trial(TRANSFER)) is None


def test_a_failure_is_recovered_when_its_tool_works_later() -> None:
    bad = do("look", {"user_id": "u9"}, BAD)
    assert figure("recovery_rate", rollout(bad, LOOK)) == 1.0
    assert figure("recovery_rate", rollout(bad, do("other"), LOOK, bad)) == 0.5
    assert figure("recovery_rate", rollout(LOOK, bad)) == 0.0
    assert figure("recovery_rate", rollout(bad, do("look", result=None))) == 0.0
    assert figure("recovery_rate", rollout(LOOK)) is None


def test_the_same_action_repeats_in_the_same_state_only() -> None:
    again = rollout(do("list", result="same"), LOOK, do("list", result="same"), LOOK)
    moved = rollout(do("list", result="one"), LOOK, do("list", result="two"), LOOK)
    assert figure("repetitiveness_rate", again) == 0.25
    assert figure("repetitiveness_rate", moved) == 0.0
    assert figure("repetitiveness_rate", moved, is_state_bound=False) == 0.5
    assert figure("repetitiveness_rate", rollout(say(), say())) is None


def test_partial_success_is_the_mean_of_the_sub_goals_when_verdicts_are_there() -> None:
    trajectory = rollout(say())
    rows = [
        {"score_index": index, "name": name, "value": value}
        for index, (name, value) in enumerate(
            [("action_checks_0", 1.0), ("env_assertions_0", 0.0), ("reward", 0.0), ("action_checks_1", None)]
        )
    ]
    schema = polars_schema(TABLES["scores"])
    scores = pl.DataFrame(
        [
            row | {"trajectory_id": trajectory.trajectory_id, "scope": "trajectory", "source": "env"}
            for row in rows
        ],
        schema=schema,
    )
    scored = dataclasses.replace(frames(trajectory), scores=scores)
    assert Planning().compute(scored)["trajectory"]["partial_success"].item() == 0.5
    assert figure("partial_success", trajectory) is None


@few
@given(trials=groups())
def test_doing_the_gold_actions_themselves_matches_them_all(trials: list[Trajectory]) -> None:
    gold = [
        {"name": made.name, "arguments": json.loads(made.arguments)}
        for each in trials
        for message in each.messages
        for made in message.tool_calls
        if made.arguments.startswith('{"id"')
    ]
    turns = [do(str(action["name"]), action["arguments"]) for action in gold]
    assert figure("step_success_rate", trial(*turns, gold=gold)) == (1.0 if gold else None)


def test_step_success_goes_with_the_reward_on_real_rollouts(airline_file: Path) -> None:
    whole = frames(*airline_trajectories(airline_file))
    assert gold_calls(whole.task_secrets)["task_id"].n_unique() == 43
    measured = Planning().compute(whole)["trajectory"].join(whole.trajectories, on="trajectory_id")
    known = measured.drop_nulls("step_success_rate")
    means = dict(known.group_by("outcome_reward").agg(pl.col("step_success_rate").mean().round(3)).rows())
    assert known.height == 172
    assert means == {0.0: 0.38, 1.0: 0.801}
