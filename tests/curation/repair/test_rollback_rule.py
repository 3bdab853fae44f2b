"""CLEANER's rule on real and simulated rollouts: exact against difflib, and true of the world that it repairs."""

import io
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import msgspec
import polars as pl
import pytest

from benchmarks.rollback_oracle import check
from curation.repair.rollback import Rollback
from curation.tool_errors import error_kinds
from schemas.rollouts import Rejection, Source, decode_record, read_records
from schemas.trajectory import Message, Role, ToolCall, Trajectory
from simulation.generate import make_rollouts
from simulation.rollout import Rollout
from simulation.terse import TerseScene, result_text
from simulation.world import Call, World
from simulation.writers import encode_openai_chat
from tests.curation.airline import airline_trajectories
from tests.curation.repair.validity import repair_all

REPAIR = Rollback()


def failures(trials: Iterable[Trajectory]) -> set[str]:
    texts = {m.text or "" for trial in trials for m in trial.messages if m.role is not Role.ASSISTANT}
    column = pl.Series(sorted(texts), dtype=pl.String)
    return set(column.filter(error_kinds(column).is_not_null()))


def told(trajectory: Trajectory) -> list[tuple[str | None, str | None, tuple[str, ...]]]:
    return [
        (message.text, message.reasoning, tuple(f"{c.name}({c.arguments})" for c in calls_of(message)))
        for message in trajectory.messages
        if message.role is Role.ASSISTANT
    ]


def calls_of(message: Message) -> tuple[ToolCall, ...]:
    return message.tool_calls + message.text_calls


@cache
def simulated(tasks: int) -> tuple[tuple[Rollout, Trajectory], ...]:
    rollouts = list(make_rollouts(tasks=tasks, trials=6, seed=5))
    lines = b"".join(encode_openai_chat(rollout, TerseScene(rollout.task)) for rollout in rollouts)
    source = Source(uri="simulated.jsonl", name="simulated")
    decoded = [decode_record(record, source) for record in read_records(io.BytesIO(lines))]
    trials = [one.trajectories[0] for one in decoded if not isinstance(one, Rejection)]
    return tuple(zip(rollouts, trials, strict=True))


def compare_with_difflib(trials: list[Trajectory]) -> int:
    """Compare every trial with the oracle; gives how many failed turns it rolled back."""
    failing = failures(trials)
    children = {parent.trajectory_id: child for parent, child in repair_all(REPAIR, trials)}
    folded = 0
    for trial in trials:
        expected = check(trial, failing.__contains__)
        folded += expected.folded
        assert told(children.get(trial.trajectory_id, trial)) == expected.turns
    return folded


def test_rule_is_difflibs_on_every_failed_call_of_real_rollouts(airline_file: Path) -> None:
    if not airline_file.is_file():
        pytest.skip("the real tau-bench rollouts are not here")
    assert compare_with_difflib(list(airline_trajectories(airline_file))) == 3


def test_rule_is_difflibs_on_simulated_rollouts() -> None:
    assert compare_with_difflib([trial for _, trial in simulated(40)]) > 40


def replay(rollout: Rollout, trajectory: Trajectory) -> Iterator[tuple[Message, str]]:
    """Make the calls again in a world without faults; yield each stored result with what comes now."""
    world = World(rollout.task.records, None, introduced=rollout.task.request.introduced)
    for message in trajectory.messages:
        if message.role is Role.ASSISTANT and message.text == "who":
            world.introduce()
        for call in message.tool_calls:
            target = msgspec.json.decode(call.arguments).get("record", 0)
            result = world.call(Call(call.name, target))
            assert call.result_seq is not None
            yield trajectory.messages[call.result_seq], result_text(result, rollout.task.request)
    if rollout.reward:
        assert world.statuses == rollout.task.goal_statuses


def test_repaired_trajectories_replay_to_the_same_state_with_the_same_results() -> None:
    rollouts = {trial.trajectory_id: rollout for rollout, trial in simulated(40)}
    repaired = list(repair_all(REPAIR, [trial for _, trial in simulated(40)]))
    solved = [child for _, child in repaired if child.outcome_reward == 1]
    assert len(solved) > 20
    for parent, child in repaired:
        busy = failures([child])
        for stored, now in replay(rollouts[parent.trajectory_id], child):
            assert stored.text == now or stored.text in busy


def test_no_failed_call_is_left_where_each_was_retried_at_once() -> None:
    """Careful agents err in one way only: a tool is busy, and they ask it again."""
    careful = {
        trial.trajectory_id
        for rollout, trial in simulated(40)
        if rollout.skill == "careful" and all(len(turn.action.calls) < 2 for turn in rollout.turns)
    }
    clean = 0
    for parent, child in repair_all(REPAIR, [trial for _, trial in simulated(40)]):
        if parent.trajectory_id in careful:
            assert failures([child]) == set()
            clean += 1
    assert clean > 3
