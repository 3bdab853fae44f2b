"""Requests about real rollouts, and answers that repeat what the rollout did."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curation.replay import request_of
from curation.replay.failed_calls import FailedCalls
from curation.replay.reflector import Reflector
from curation.tool_errors import error_kinds
from schemas.training.json_lines import encode_jsonl
from schemas.trajectory import Message, Role, Trajectory
from tests.curation.airline import airline_trajectories
from tests.curation.rollouts import frames
from tests.schemas.rollouts.readings import read


@pytest.fixture(scope="module")
def trials(airline_file: Path) -> list[Trajectory]:
    """Every fourth of the 200 rollouts."""
    return list(airline_trajectories(airline_file)[::4])


def told(message: Message) -> tuple[Any, ...]:
    """Give what a chat message can tell."""
    calls = [(call.name, call.arguments, call.result_seq) for call in message.tool_calls]
    return message.seq, message.role, message.text or "", calls, message.call_seq


def test_an_answer_that_repeats_the_attempt_says_what_the_trial_said(trials: list[Trajectory]) -> None:
    by_id = {trial.trajectory_id: trial for trial in trials}
    places = Reflector().places(frames(*trials)).to_dicts()
    assert len(places) == sum(trial.outcome_reward == 0 for trial in trials) > 0
    for place in places:
        trial = by_id[place["trajectory_id"]]
        request = json.loads(encode_jsonl(request_of(trial, place, Reflector())))
        echo = {name: request[name] for name in ("request_id", "trajectory_id", "seq", "task")}
        child = read({"request": echo, "messages": request["attempt"]})
        assert child.task.task_id == trial.task.task_id
        assert list(map(told, child.messages)) == list(map(told, trial.messages[place["seq"] :]))


def test_failed_calls_are_those_that_a_plain_loop_finds(trials: list[Trajectory]) -> None:
    found = FailedCalls().places(frames(*trials))
    expected = {(trial.trajectory_id, seq) for trial in trials for seq in unrepaired(trial)}
    assert set(found.select("trajectory_id", "seq").iter_rows()) == expected
    assert expected


def unrepaired(trial: Trajectory) -> set[int]:
    """Find turns with a failed call whose tool does not work later."""
    calls = [
        (message.seq, call.name, trial.messages[call.result_seq].text or "")
        for message in trial.messages
        if message.role is Role.ASSISTANT
        for call in message.tool_calls
        if call.result_seq is not None
    ]
    kinds = error_kinds(pl.Series([text for *_, text in calls], dtype=pl.String)).to_list()
    works = {name: seq for (seq, name, _), kind in zip(calls, kinds, strict=True) if kind is None}
    return {
        seq
        for (seq, name, _), kind in zip(calls, kinds, strict=True)
        if kind is not None and works.get(name, -1) < seq
    }
