"""The truth is recomputed from the written files alone, by other means than it was made."""

import json
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from simulation.agents import SKILLS
from simulation.episode import Action, Episode
from simulation.generate import generate
from simulation.tasks import Task, make_task
from simulation.truth import Truth, tell_truth
from simulation.world import Call


@pytest.fixture(scope="module", params=["verbose", "terse"])
def written(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> list[tuple[Any, Any]]:
    summary = generate(tmp_path_factory.mktemp("sim"), tasks=80, trials=8, seed=9, rendering=request.param)
    return list(
        zip(read_lines(summary.rollouts / "part-00000.jsonl"), read_lines(summary.truth), strict=True)
    )


def read_lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def labelled(truth: Any, label: str) -> set[int]:
    return {step["step"] for step in truth["steps"] if label in step["labels"]}


def calls_of(rollout: Any) -> list[tuple[int, str, str, bool]]:
    """(step, name, arguments, failed) of every call, in order."""
    contents = {m["tool_call_id"]: m["content"] for m in rollout["messages"] if m["role"] == "tool"}
    turns = [message for message in rollout["messages"] if message["role"] == "assistant"]
    return [
        (
            step,
            call["function"]["name"],
            call["function"]["arguments"],
            contents[call["id"]].startswith("Error: "),
        )
        for step, turn in enumerate(turns)
        for call in turn.get("tool_calls", [])
    ]


def test_failed_calls_are_those_whose_result_is_an_error(written: list[tuple[Any, Any]]) -> None:
    for rollout, truth in written:
        calls = calls_of(rollout)
        assert labelled(truth, "failed_call") == {step for step, _, _, failed in calls if failed}
        assert truth["failed_calls"] == sum(failed for *_, failed in calls)


def test_retry_loops_are_runs_of_identical_calls(written: list[tuple[Any, Any]]) -> None:
    looping = 0
    for rollout, truth in written:
        runs = [list(run) for _, run in groupby(calls_of(rollout), key=lambda call: call[1:3])]
        loops = [run for run in runs if len(run) >= 3]
        assert truth["retry_loops"] == len(loops)
        assert labelled(truth, "retry_loop") == {call[0] for run in loops for call in run}
        looping += bool(loops)
    assert looping > 20


def test_truth_names_its_rollout_and_counts_its_steps(written: list[tuple[Any, Any]]) -> None:
    for rollout, truth in written:
        for field in ("id", "task_id", "trial", "reward", "status"):
            assert rollout[field] == truth[field]
        assert len(truth["steps"]) == sum(m["role"] == "assistant" for m in rollout["messages"])


def test_no_rollout_names_its_skill(written: list[tuple[Any, Any]]) -> None:
    for rollout, _ in written:
        text = json.dumps({**rollout, "messages": rollout["messages"][1:]})
        assert not any(skill in text for skill in SKILLS)
        assert (rollout["agent"], rollout["model"]) == ("sim-agent", "sim-policy")


def test_lucky_rollouts_are_rewarded_guesses(written: list[tuple[Any, Any]]) -> None:
    lucky = [truth for _, truth in written if truth["is_lucky"]]
    assert len(lucky) > 50
    for truth in lucky:
        assert truth["reward"] == 1.0
        assert labelled(truth, "lucky") <= labelled(truth, "unchecked_guess")


def test_every_lost_rollout_holds_a_mistake_unless_cut_off(written: list[tuple[Any, Any]]) -> None:
    for _, truth in written:
        if truth["reward"] == 0.0 and truth["status"] == "completed":
            assert labelled(truth, "mistake")


def task_with_look_alikes() -> tuple[Task, int]:
    task = next(
        task
        for task in map(lambda index: make_task(0, index), range(100))  # noqa: C417  # reads as a search
        if task.request.introduced and task.gold.tool == "cancel"
    )
    other = next(r.position for r in task.records if r.position != task.gold.target and r.status == "open")
    return task, other


def truth_of(task: Task, *actions: Action | Call) -> Truth:
    episode = Episode(task, None, max_steps=50)
    for action in (Call("find"), Call("list"), *actions):
        episode.step(action if isinstance(action, Action) else Action((action,)))
    return tell_truth(task, episode.turns, is_solved=episode.statuses == task.goal_statuses)


def test_labels_of_a_guess_that_is_taken_back() -> None:
    task, other = task_with_look_alikes()
    target = task.gold.target
    truth = truth_of(
        task,
        Call("cancel", other),
        Call("look", other),
        Call("undo", other),
        Call("look", target),
        Call("cancel", target),
        Action(say="done"),
    )
    assert truth.labels[2:] == (("mistake", "unchecked_guess"), (), ("recovery",), (), (), ())


def test_labels_of_a_refused_call_that_is_corrected() -> None:
    task, _ = task_with_look_alikes()
    target = task.gold.target
    truth = truth_of(
        task,
        Call("look", target),
        Call("refund", target),
        Call("refund", target),
        Call("cancel", target),
        Action(say="done"),
    )
    assert truth.labels[3:] == (
        ("mistake", "failed_call"),
        ("mistake", "failed_call", "redundant_repeat"),
        ("recovery",),
        (),
    )


def test_words_between_identical_calls_do_not_end_a_loop() -> None:
    task, _ = task_with_look_alikes()
    look = Call("look", 1)
    truth = truth_of(task, look, Action(say="ask", target=1), look, look, Action(say="stop"))
    assert [("retry_loop" in labels) for labels in truth.labels[2:]] == [True, False, True, True, False]
    assert truth.retry_loops == 1
    assert truth.labels[-1] == ("mistake",)


def test_a_look_after_a_change_is_no_repeat() -> None:
    task, _ = task_with_look_alikes()
    target = task.gold.target
    truth = truth_of(
        task, Call("look", target), Call("cancel", target), Call("look", target), Call("look", target)
    )
    assert truth.labels[4:] == ((), ("redundant_repeat",))
