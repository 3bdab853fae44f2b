import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from schemas.rollouts import Decoded, decode_record
from schemas.rollouts.evals.verifiers import VERIFIERS
from schemas.trajectory import Origin, Role, ScoreSource, Status, Trajectory
from tests.schemas.rollouts.readings import archive_samples, read, refusal, trajectories_of
from tests.schemas.rollouts.real_files import file_samples, json_sample

ARCHIVES = ("math_python_evals", "mcp_env_evals", "wordle_evals")
ROW: dict[str, Any] = {
    "id": 3,
    "task": "default",
    "reward": 0.5,
    "prompt": [{"role": "user", "content": "Hi"}],
    "completion": [{"role": "assistant", "content": "Yo"}],
}


@pytest.fixture(scope="module")
def rollouts(real_data: Path) -> list[Trajectory]:
    samples = (
        sample
        for archive in ARCHIVES
        for sample in archive_samples(
            real_data / f"verifiers/{archive}.tar.zst", wanted=lambda name: name.endswith(("jsonl", "json"))
        )
    )
    return trajectories_of(samples)


def test_census_of_the_real_results(rollouts: list[Trajectory]) -> None:
    messages = [message for trajectory in rollouts for message in trajectory.messages]
    calls = [call for message in messages for call in message.tool_calls]

    assert Counter((t.task.benchmark, t.model) for t in rollouts) == {
        ("math-python", "gpt-4.1-mini"): 30,
        ("math-python", "gpt-5-nano"): 15,
        ("mcp-env", "gpt-4.1-mini"): 12,
        ("wordle", "gpt-4.1-mini"): 15,
        ("wordle", "gpt-5-mini"): 15,
        ("wordle", "qwen/qwen3-30b-a3b-thinking-2507"): 15,
    }
    assert len({trajectory.task.task_id for trajectory in rollouts}) == 11
    assert Counter((message.role.value, message.origin.value) for message in messages) == {
        ("system", "scripted"): 90,
        ("user", "scripted"): 102,
        ("user", "injected"): 209,
        ("assistant", "sampled"): 353,
        ("tool", "injected"): 87,
    }
    assert len(calls) == sum(call.result_seq is not None for call in calls) == 87
    assert sum(trajectory.toolset is not None for trajectory in rollouts) == 57
    assert Counter(score.source for trajectory in rollouts for score in trajectory.scores) == {
        ScoreSource.VERIFIER: 315,
        ScoreSource.JUDGE: 12,
    }
    assert {trajectory.status for trajectory in rollouts} == {Status.UNKNOWN}
    assert all(trajectory.task.secrets is not None for trajectory in rollouts)


def test_calls_inside_strings_are_read_with_their_exact_arguments() -> None:
    call = '{"id": "c", "function": {"name": "f", "arguments": "{ }"}, "type": "function"}'
    completion = [
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "r"},
    ]
    caller, result = read(ROW | {"completion": completion}).messages[1:]
    assert [(c.name, c.arguments, c.call_id) for c in caller.tool_calls] == [("f", "{ }", "c")]
    assert result.call_seq == 1


def test_only_the_completion_is_sampled() -> None:
    prompt = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    completion = [{"role": "assistant", "content": "c"}, {"role": "user", "content": "d"}]
    messages = read(ROW | {"prompt": prompt, "completion": completion}).messages
    assert [message.origin for message in messages] == [
        Origin.SCRIPTED,
        Origin.DEMO,
        Origin.SAMPLED,
        Origin.INJECTED,
    ]


def test_plain_strings_are_prompt_and_answer() -> None:
    messages = read(ROW | {"prompt": "2+2?", "completion": "4"}).messages
    assert [(m.role, m.text) for m in messages] == [(Role.USER, "2+2?"), (Role.ASSISTANT, "4")]


def test_answers_and_what_the_environment_knows_stay_in_quarantine() -> None:
    trajectory = read(ROW | {"answer": "4", "info": {"case": "x", "oai_tools": [{"name": "f"}]}})
    assert trajectory.task.secrets is not None
    assert trajectory.task.secrets.gold_outputs == '"4"'
    assert trajectory.task.secrets.extra == '{"info":{"case":"x"}}'
    assert trajectory.toolset is not None
    assert trajectory.extra is None


def test_metrics_are_scores_wherever_they_stand() -> None:
    trajectory = read(ROW | {"metrics": {"judge_reward": 1.0}, "format": 0.5, "total_ms": 9.0})
    assert [(s.name, s.value, s.source) for s in trajectory.scores] == [
        ("judge_reward", 1.0, ScoreSource.JUDGE),
        ("format", 0.5, ScoreSource.VERIFIER),
    ]
    assert json.loads(trajectory.extra or "") == {"total_ms": 9.0}


@pytest.mark.parametrize(
    ("fields", "status", "reward"),
    [
        ({}, Status.UNKNOWN, 0.5),
        ({"is_completed": True}, Status.COMPLETED, 0.5),
        ({"is_completed": True, "is_truncated": True}, Status.TRUNCATED, 0.5),
        ({"is_completed": True, "error": {"error": "ModelError"}}, Status.INFRA_ERROR, None),
    ],
)
def test_an_error_is_no_failure_of_the_policy(
    fields: dict[str, Any], status: Status, reward: float | None
) -> None:
    trajectory = read(ROW | fields)
    assert (trajectory.status, trajectory.outcome_reward) == (status, reward)


@pytest.mark.parametrize("metadata", [None, b"{", b"[]"])
def test_the_folder_names_environment_and_model_without_metadata(metadata: bytes | None) -> None:
    folder = "outputs/evals/wordle--qwen--qwen3/50bdff53"
    siblings = {} if metadata is None else {f"{folder}/metadata.json": metadata}
    raw = json.dumps(ROW).encode()
    (trajectory,) = trajectories_of(file_samples(f"{folder}/results.jsonl", raw, siblings=siblings))
    assert (trajectory.task.benchmark, trajectory.model) == ("wordle", "qwen/qwen3")


def test_a_task_of_a_group_of_environments_is_named_with_it() -> None:
    trajectory = read(ROW | {"task": "sub", "token_usage": {"input_tokens": 5, "output_tokens": 6}})
    assert trajectory.task.task_key == "sub/3"
    assert (trajectory.prompt_tokens, trajectory.completion_tokens) == (5, 6)


def test_a_runs_metadata_holds_no_rollout() -> None:
    run = {"env_id": "wordle", "model": "m", "num_examples": 5, "rollouts_per_example": 3}
    sample = json_sample("metadata.json", run)
    assert decode_record(sample.record, sample.source) == Decoded(format_name="verifiers", trajectories=())
    assert not VERIFIERS.recognises([run])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"completion": [{"role": "wizard"}]}, "unexpected_shape"),
        ({"completion": [{"role": "assistant", "tool_calls": ["f()"]}]}, "unexpected_shape"),
        ({"completion": [{"role": "assistant", "tool_calls": [{"id": "c"}]}]}, "missing_field"),
        ({"id": None}, "missing_field"),
        ({"prompt": None, "completion": None}, "empty_conversation"),
    ],
)
def test_a_row_that_breaks_its_promise_is_refused(change: dict[str, Any], reason: str) -> None:
    rejection = refusal(ROW | change)
    assert (rejection.reason, rejection.format_name) == (reason, "verifiers")
