import json
from typing import Any

import pytest

from schemas.rollouts import Decoded, Rejection, decode_record
from schemas.trajectory import Origin, Role, Status, Trajectory
from tests.schemas.rollouts.real_files import json_sample
from tests.schemas.rollouts.samples import skyrl_dump, verl_dump


def read(row: dict[str, Any]) -> Trajectory:
    sample = json_sample("20.jsonl", row)
    decoded = decode_record(sample.record, sample.source)
    assert isinstance(decoded, Decoded)
    (trajectory,) = decoded.trajectories
    return trajectory


def test_a_verl_row_is_one_prompt_and_one_answer() -> None:
    rollout = read(verl_dump.ROW)
    assert [(one.role, one.origin, one.text) for one in rollout.messages] == [
        (Role.USER, Origin.SCRIPTED, verl_dump.ROW["input"]),
        (Role.ASSISTANT, Origin.SAMPLED, "4"),
    ]
    assert rollout.outcome_reward == 1.5
    assert {score.name: score.value for score in rollout.scores} == {"acc": 1.0, "format_reward": 0.5}
    assert json.loads(rollout.extra or "") == {
        "step": 20,
        "pred": "4",
        "request_id": "r-1",
        "tool_calls": [1],
    }


def test_gold_answers_of_a_dump_go_to_quarantine() -> None:
    secrets = read(verl_dump.ROW).task.secrets
    assert secrets is not None
    assert (secrets.gold_outputs, secrets.extra) == ('{"target": ["4"]}', '{"ground_truth":"4"}')
    private = read(skyrl_dump.ROW).task.secrets
    assert private is not None
    assert json.loads(private.extra or "") == skyrl_dump.ROW["env_extras"]


def test_answers_to_one_prompt_share_a_group() -> None:
    first, second, other = (
        read(verl_dump.ROW | changes) for changes in ({}, {"output": "5", "score": 0}, {"input": "b"})
    )
    assert first.group_id == second.group_id != other.group_id


@pytest.mark.parametrize(
    "answer",
    [
        "a <tool_call>{}</tool_call>\nuser\n<tool_response>\n3\n</tool_response>\nassistant\nb",
        "a<|im_end|>\n<|im_start|>user\nb",
        "<search>x</search>\n<information>y</information>",
    ],
)
def test_an_answer_that_shows_turns_of_others_is_never_trained(answer: str) -> None:
    said = read(verl_dump.ROW | {"output": answer}).messages[1]
    assert (said.origin, said.text) == (Origin.INJECTED, answer)


def test_a_skyrl_row_tells_why_it_stopped_and_whose_data_it_is() -> None:
    rollout = read(skyrl_dump.ROW)
    assert (rollout.status, rollout.termination_reason) == (Status.COMPLETED, "stop")
    assert (rollout.task.benchmark, rollout.outcome_reward) == ("openai/gsm8k", 1.0)


def test_rewards_per_token_are_summed_and_kept() -> None:
    rollout = read(skyrl_dump.ROW | {"score": [0.0, 0.25, 0.5], "stop_reason": "length"})
    assert (rollout.outcome_reward, rollout.status) == (0.75, Status.TRUNCATED)
    assert json.loads(rollout.extra or "")["score"] == [0.0, 0.25, 0.5]


def test_an_unknown_reward_stays_unknown() -> None:
    assert read(skyrl_dump.ROW | {"score": None}).outcome_reward is None


def test_the_summary_of_an_evaluation_is_no_rollout() -> None:
    sample = json_sample("aggregated_results.jsonl", {"eval/all/avg_score": 0.5})
    decoded = decode_record(sample.record, sample.source)
    assert isinstance(decoded, Decoded)
    assert (decoded.format_name, decoded.trajectories) == ("skyrl_dump", ())


def test_a_row_without_text_is_refused() -> None:
    sample = json_sample("x.jsonl", skyrl_dump.ROW | {"input_prompt": [1]})
    rejection = decode_record(sample.record, sample.source)
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, rejection.format_name) == ("unexpected_shape", "skyrl_dump")
