"""What one request tells, and what it never tells."""

import json
from typing import Any

from msgspec.structs import replace

from curation.replay import ReplayStrategy, request_of, request_row
from curation.replay.failed_calls import FailedCalls
from curation.replay.reflect import Reflect
from curation.replay.reflector import Reflector
from schemas.rows import arrow_table
from schemas.training.json_lines import encode_jsonl
from schemas.trajectory import Message, Origin, Role, TaskSecrets, Toolset, Trajectory
from tests.curation.rollouts import BAD, do, frames, rollout, say


def requests(strategy: ReplayStrategy, *trials: Trajectory) -> list[dict[str, Any]]:
    by_id = {trial.trajectory_id: trial for trial in trials}
    places = strategy.places(frames(*trials)).to_dicts()
    made = [request_of(by_id[place["trajectory_id"]], place, strategy) for place in places]
    return [json.loads(encode_jsonl(request)) for request in made]


def with_prompt(trial: Trajectory) -> Trajectory:
    """Let a rollout of one turn before the failure begin with a system prompt instead of a user's word."""
    prompt = Message(seq=0, role=Role.SYSTEM, origin=Origin.SCRIPTED, text="Rules.")
    return replace(trial, messages=(prompt, *trial.messages[1:]))


def test_a_request_holds_what_comes_before_and_the_attempt_from_there() -> None:
    trial = rollout(do("a", '{"x":  1}'), do("b", 1, BAD), say("sorry"), reward=0.0)
    (request,) = requests(FailedCalls(), trial)
    assert request["action_prefix"] == [{"seq": 1, "name": "a", "arguments": '{"x":  1}'}]
    assert [message["role"] for message in request["messages"]] == ["user", "assistant", "tool"]
    assert [message["role"] for message in request["attempt"]] == ["assistant", "tool"]
    assert request["attempt"][0]["tool_calls"][0]["function"]["name"] == "b"
    assert request["attempt"][0]["tool_calls"][0]["id"] == request["attempt"][1]["tool_call_id"]
    assert (request["seq"], request["step"], request["error"], request["hint"]) == (3, 1, BAD, None)
    assert request["task"] == {"benchmark": "bench", "task_key": "task"}
    assert request["outcome"] == {"reward": 0.0, "status": "completed", "termination_reason": None}
    assert request["tools"] is None


def test_guidance_stands_behind_what_was_said_or_in_the_prompt_when_nobody_acted_yet() -> None:
    success = rollout(do("look", 1), do("book", 1), trial=0)
    later = rollout(do("look", 1), do("cancel", 1), trial=1, reward=0.0)
    (request,) = requests(Reflect(), success, later)
    assert request["messages"][-1] == {"role": "system", "content": request["hint"]}
    assert "cancel" in request["hint"]
    assert len(request["messages"]) == request["seq"] + 1
    at_once = with_prompt(rollout(do("cancel", 1), trial=2, reward=0.0))
    (first,) = requests(Reflect(), success, at_once)
    assert first["messages"] == [{"role": "system", "content": f"Rules.\n\n{first['hint']}"}]


def test_guidance_comes_first_where_there_is_no_prompt() -> None:
    success = rollout(do("look", 1), trial=0)
    (request,) = requests(Reflect(), success, rollout(do("cancel", 1), trial=1, reward=0.0))
    assert [message["role"] for message in request["messages"]] == ["system", "user"]


def test_secrets_of_the_task_are_never_told() -> None:
    marker = "GOLD-7f3a"
    secrets = TaskSecrets(gold_actions=marker, gold_outputs=marker, private_instruction=marker, extra=marker)
    trial = rollout(do("b", 1, BAD), reward=0.0)
    hidden = replace(trial, task=replace(trial.task, secrets=secrets))
    for strategy in (FailedCalls(), Reflector()):
        (request,) = requests(strategy, hidden)
        assert marker not in json.dumps(request)


def test_ids_depend_on_trajectory_place_and_hint_only() -> None:
    trial = rollout(do("a", 1, BAD), do("b", 1, BAD))
    first, second = (request["request_id"] for request in requests(FailedCalls(), trial))
    assert first != second
    assert [one["request_id"] for one in requests(FailedCalls(budget=1, per_trajectory=1), trial)] == [first]


def test_a_request_is_one_line_whatever_the_source_spells() -> None:
    tools = Toolset(tools='[{"type": "function",\n "function": {"name": "a"}}]')
    trial = replace(rollout(do("a", 1, BAD)), toolset=tools)
    place = FailedCalls().places(frames(trial)).row(0, named=True)
    line = encode_jsonl(request_of(trial, place, FailedCalls()))
    assert line.count(b"\n") == 1
    assert json.loads(line)["tools"][0]["function"]["name"] == "a"


def test_a_row_fits_its_table() -> None:
    trial = rollout(do("a", 1, BAD))
    place = FailedCalls().places(frames(trial)).row(0, named=True)
    request = request_of(trial, place, FailedCalls())
    row = request_row(request, trial, place, rule=FailedCalls().rule, bucket_count=4)
    (stored,) = arrow_table("replay_requests", [row]).to_pylist()
    assert stored["request_id"] == request["request_id"]
    assert (stored["seq"], stored["budget"], stored["hint"]) == (1, 3, None)
