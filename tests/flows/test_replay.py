"""Requests leave a warehouse, are answered, and come back as branches of what they were asked about."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from flows.cli import app
from flows.frames import read_frames
from flows.replay import ReplayCounts, answers, export_requests
from schemas.errors import RecipeError, UnknownNameError
from schemas.trajectory import TaskSecrets, Trajectory
from tests.curation.rollouts import BAD, do, rollout, say
from tests.flows.stored import insert
from tests.schemas.rollouts.readings import read
from warehouse import Warehouse

GOLD = "GOLD-7f3a"
SUCCESS = rollout(do("look", 1), do("book", 1), say("done"), trial=0)
FAILURE = rollout(do("look", 1), do("cancel", 1, BAD), say("sorry"), trial=1, reward=0.0)


def secretive(trajectory: Trajectory) -> Trajectory:
    secrets = TaskSecrets(gold_actions=GOLD, gold_outputs=GOLD, private_instruction=GOLD)
    return replace(trajectory, task=replace(trajectory.task, secrets=secrets))


@pytest.fixture
def house(tmp_path: Path) -> Warehouse:
    """A success and a failure of one task, and a failure of another."""
    made = Warehouse(tmp_path / "warehouse", create=True, bucket_count=4)
    other = rollout(do("look", 1, BAD), task="other", reward=0.0)
    insert(made, secretive(SUCCESS), secretive(FAILURE), other)
    return made


def ask(house: Warehouse, strategy: str, **arguments: Any) -> tuple[ReplayCounts, list[dict[str, Any]]]:
    out = house.root / "out" / "requests.jsonl"
    counts = export_requests.fn(warehouse=house.root, strategy=strategy, out=out, **arguments)
    return counts, [json.loads(line) for line in out.read_bytes().splitlines()]


def continued(request: dict[str, Any], **fields: Any) -> dict[str, Any]:
    echo = {name: request[name] for name in ("request_id", "trajectory_id", "seq", "task", "tools")}
    said = [{"role": "assistant", "content": "I book it."}]
    return {"request": echo, "messages": said, "reward": 1.0, **fields}


@pytest.mark.parametrize("strategy", ["failed_calls", "reflect", "restarts", "reflector"])
def test_asking_again_writes_the_same_lines_and_stores_nothing_anew(house: Warehouse, strategy: str) -> None:
    counts, requests = ask(house, strategy)
    assert counts.new_request_count == counts.request_count == len(requests) > 0
    asked = house.store.read("replay_requests")
    assert set(asked["request_id"]) == {request["request_id"] for request in requests}
    again, same = ask(house, strategy)
    assert (again.new_request_count, same) == (0, requests)
    assert house.store.read("replay_requests").equals(asked)


@pytest.mark.parametrize("strategy", ["failed_calls", "reflect", "restarts", "reflector"])
def test_no_request_holds_a_gold_answer(house: Warehouse, strategy: str) -> None:
    _, requests = ask(house, strategy)
    assert GOLD not in json.dumps(requests)
    assert GOLD not in house.store.read("replay_requests").write_json()


def test_a_predicate_and_parameters_choose_what_is_asked(house: Warehouse) -> None:
    _, requests = ask(house, "failed_calls", where="task_key = 'other'", parameters={"budget": 2})
    (request,) = requests
    assert (request["task"]["task_key"], request["budget"]) == ("other", 2)


def test_a_continuation_goes_on_from_where_it_was_asked(house: Warehouse) -> None:
    _, requests = ask(house, "reflect")
    (request,) = requests
    assert request["trajectory_id"] == FAILURE.trajectory_id
    child = read(continued(request, guidance=request["hint"]))
    insert(house, child)
    whole = house.sql(
        "SELECT text, origin FROM conversations WHERE trajectory_id = $child ORDER BY seq",
        {"child": child.trajectory_id},
    ).rows()
    shared = [message.text for message in FAILURE.messages[: request["seq"]]]
    assert [text for text, _ in whole] == [*shared, request["hint"], "I book it."]
    assert [origin for _, origin in whole][-2:] == ["injected", "sampled"]
    stored = house.store.read("trajectories").row(by_predicate=pl.col("relation") == "branch", named=True)
    assert stored["bucket"] == house.store.read("replay_requests")["bucket"].item()
    assert stored["task_id"] == FAILURE.task.task_id


def test_answers_are_counted_by_strategy(house: Warehouse) -> None:
    _, requests = ask(house, "restarts")
    (first, second) = requests
    ask(house, "reflect")
    insert(house, read(continued(first)), read(continued(first, reward=0.0)))
    assert answers(house).rows() == [("reflect", 1, 0, 0, 0), ("restarts", 2, 1, 2, 1)]
    insert(house, read(continued(second, reward=None)))
    assert answers(house).rows()[1] == ("restarts", 2, 2, 3, 1)
    insert(house, read(continued(second, status="infra_error")))  # a crash, whatever its reward says
    assert answers(house).rows()[1] == ("restarts", 2, 2, 4, 1)


def test_a_continuation_is_no_trial_of_its_own(house: Warehouse) -> None:
    _, requests = ask(house, "restarts")
    insert(house, read(continued(requests[0])))
    again, same = ask(house, "restarts")
    assert (again.new_request_count, same) == (0, requests)
    frames = read_frames(house, list(range(house.bucket_count)), steps_are_stale=True)
    assert "branch" in frames.trajectories["relation"]


def test_nothing_to_ask_is_an_empty_file(house: Warehouse) -> None:
    assert answers(house).is_empty()
    counts, requests = ask(house, "restarts", where="false")
    assert (counts.request_count, counts.trajectory_count, requests) == (0, 0, [])
    assert answers(house).is_empty()


def test_what_cannot_be_asked_is_refused_and_leaves_no_file(house: Warehouse) -> None:
    with pytest.raises(UnknownNameError, match="Unknown replay strategy 'restart'"):
        ask(house, "restart")
    with pytest.raises(RecipeError, match="has no parameter 'm'"):
        ask(house, "restarts", parameters={"m": 3})
    with pytest.raises(RecipeError, match="Unknown `writer` 'gpt'"):
        ask(house, "reflect", parameters={"writer": "gpt"})
    assert list((house.root / "out").glob("*")) == []


@pytest.mark.slow
def test_the_commands_write_and_count(house: Warehouse, tmp_path: Path) -> None:
    out = tmp_path / "requests.jsonl"
    root = ["--warehouse", str(house.root)]
    written = CliRunner().invoke(
        app,
        ["replay", "export", "--strategy", "restarts", "--out", str(out), "--per-trajectory", "1", *root],
    )
    assert written.exit_code == 0, written.output
    assert len(out.read_bytes().splitlines()) == 1
    counted = CliRunner().invoke(app, ["replay", "answers", *root])
    assert counted.exit_code == 0, counted.output
    assert "restarts" in counted.output
