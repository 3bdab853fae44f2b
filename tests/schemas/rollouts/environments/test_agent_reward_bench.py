from typing import Any

import pytest

from schemas.rollouts import Decoded, Rejection, decode_record
from schemas.trajectory import Origin, Role, ScoreSource, Status
from schemas.verdict import Verdict
from tests.schemas.rollouts.real_files import file_samples, json_sample
from tests.schemas.rollouts.samples.agent_reward_bench import ANNOTATIONS, JUDGMENT, ROLLOUT


def decode(value: dict[str, Any]) -> Decoded | Rejection:
    sample = json_sample("cleaned/webarena/GenericAgent-m/e/webarena.3.json", value)
    return decode_record(sample.record, sample.source)


def read(value: dict[str, Any]) -> Decoded:
    decoded = decode(value)
    assert isinstance(decoded, Decoded)
    return decoded


def judged(**changes: Any) -> dict[str, float | None]:
    return {one.score.name: one.score.value for one in read(JUDGMENT | changes).verdicts}


def replied(words: str) -> dict[str, float | None]:
    return judged(response={"choices": [{"message": {"content": words}}]})


def test_a_step_is_what_the_agent_saw_and_what_it_said() -> None:
    (rollout,) = read(ROLLOUT).trajectories
    assert [(one.role, one.origin, one.text) for one in rollout.messages] == [
        (Role.USER, Origin.SCRIPTED, "Find it."),
        (Role.USER, Origin.INJECTED, "button 3"),
        (Role.ASSISTANT, Origin.SAMPLED, "<think>hm</think><action>click('3')</action>"),
        (Role.USER, Origin.INJECTED, "page"),
        (Role.ASSISTANT, Origin.SAMPLED, "noop()"),
        (Role.USER, Origin.INJECTED, "end"),
    ]
    assert rollout.messages[4].reasoning == "ok"
    assert (rollout.task.benchmark, rollout.task.task_key) == ("webarena", "webarena.3")
    assert (rollout.agent, rollout.model) == ("GenericAgent-m", "m")


@pytest.mark.parametrize(
    ("summary", "status", "reward"),
    [
        ({"cum_reward": 1.0, "terminated": True}, Status.COMPLETED, 1.0),
        ({"cum_reward": 0.0, "terminated": False, "truncated": True}, Status.TRUNCATED, 0.0),
        ({"cum_reward": 0.0}, Status.UNKNOWN, 0.0),
        ({"cum_reward": 0.0, "err_msg": "lost"}, Status.INFRA_ERROR, None),
    ],
)
def test_a_loop_that_broke_has_no_reward(
    summary: dict[str, Any], status: Status, reward: float | None
) -> None:
    (rollout,) = read(ROLLOUT | {"summary_info": summary}).trajectories
    assert (rollout.status, rollout.outcome_reward) == (status, reward)


def annotations() -> tuple[Verdict, ...]:
    (sample,) = file_samples("annotations.csv", ANNOTATIONS)
    decoded = decode_record(sample.record, sample.source)
    assert isinstance(decoded, Decoded)
    return decoded.verdicts


def test_each_annotator_answers_four_questions() -> None:
    verdicts = annotations()
    answers = [(one.score.annotator, one.score.name, one.score.value) for one in verdicts]
    assert answers == [
        ("ann", "success", 1.0), ("ann", "side_effect", 0.0), ("ann", "optimality", 4.0), ("ann", "looping", 0.0),
        ("ben", "success", 0.0), ("ben", "side_effect", 1.0), ("ben", "optimality", 2.0), ("ben", "looping", None),
    ]  # fmt: skip
    assert {(one.score.source, one.is_outcome) for one in verdicts} == {(ScoreSource.HUMAN, False)}


def test_annotations_and_judgments_name_the_rollout_that_they_judge() -> None:
    (rollout,) = read(ROLLOUT).trajectories
    for verdict in (*annotations(), *read(JUDGMENT).verdicts):
        assert (verdict.benchmark, verdict.task_key, verdict.agent) == (
            rollout.task.benchmark,
            rollout.task.task_key,
            rollout.agent,
        )


def test_a_judge_answers_in_tags() -> None:
    assert judged() == {"success": 1.0, "side_effect": 0.0, "optimality": 3.0, "looping": 1.0}


def test_a_strange_answer_is_unknown() -> None:
    answers = replied("<success>Perhaps</success><optimal>great</optimal><loop>No</loop>")
    assert answers == {"success": None, "side_effect": None, "optimality": None, "looping": 0.0}


def test_two_judges_answer_in_lines_of_their_own() -> None:
    assert replied('Thoughts: it failed\nStatus: "failure"') == {"success": 0.0}
    assert replied("Thought: fine\nReward: 4") == {"success": 1.0, "reward_of_5": 4.0}


@pytest.mark.parametrize("response", [None, {"choices": []}, {"choices": [{"message": {"content": "Hm."}}]}])
def test_a_judge_that_does_not_answer_has_judged_nothing(response: object) -> None:
    assert set(judged(response=response).values()) == {None}


def test_the_functional_judge_hands_on_the_environments_reward() -> None:
    (verdict,) = read(JUDGMENT | {"judge": "functional"}).verdicts
    assert (verdict.score.source, verdict.score.value, verdict.is_outcome) == (ScoreSource.ENV, 1.0, True)


def test_a_judgment_that_failed_says_nothing() -> None:
    decoded = read({"error": "too long", "chat_messages": {}, "trajectory_info": {}})
    assert (decoded.format_name, decoded.trajectories, decoded.verdicts) == ("agent_reward_bench", (), ())


def test_a_rollout_without_steps_is_refused() -> None:
    rejection = decode(ROLLOUT | {"steps": []})
    assert isinstance(rejection, Rejection)
    assert rejection.reason == "empty_conversation"
