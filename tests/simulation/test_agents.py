from collections import Counter, defaultdict
from random import Random

import pytest

from simulation.agents import MIX, SKILLS
from simulation.generate import make_rollouts
from simulation.rollout import run_skill, run_trial
from simulation.tasks import make_task
from simulation.truth import LABELS

EXPECTED_SUCCESS = {
    "careful": (0.99, 1.0),
    "redundant": (0.97, 1.0),
    "recovering": (0.97, 1.0),
    "hasty": (0.3, 0.55),
    "looping": (0.05, 0.3),
    "quitter": (0.0, 0.0),
}


def test_every_skill_has_a_weight() -> None:
    assert MIX.keys() == SKILLS.keys() == EXPECTED_SUCCESS.keys()
    assert sum(MIX.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("skill", sorted(SKILLS))
def test_success_rate_is_what_the_skill_promises(skill: str) -> None:
    rngs = [Random(f"{skill}/{index}") for index in range(400)]
    rewards = [
        run_skill(make_task(3, index), skill, trial=0, rng=rng).reward for index, rng in enumerate(rngs)
    ]
    low, high = EXPECTED_SUCCESS[skill]
    assert low <= sum(rewards) / len(rewards) <= high


def test_mix_holds_every_skill_and_every_label() -> None:
    rollouts = list(make_rollouts(tasks=150, trials=8))
    skills = Counter(rollout.skill for rollout in rollouts)
    for skill, weight in MIX.items():
        assert skills[skill] / len(rollouts) == pytest.approx(weight, abs=0.04)
    found = {label for rollout in rollouts for labels in rollout.truth.labels for label in labels}
    assert found == set(LABELS)
    assert {rollout.status for rollout in rollouts} == {"completed", "truncated"}
    assert 0.4 < sum(rollout.reward for rollout in rollouts) / len(rollouts) < 0.6


def test_the_same_task_is_guessed_right_in_one_trial_and_wrong_in_another() -> None:
    guesses = defaultdict(set)
    for rollout in make_rollouts(tasks=40, trials=8, skills=["hasty"]):
        guesses[rollout.task.index].add(rollout.reward)
    assert sum(rewards == {0.0, 1.0} for rewards in guesses.values()) > 25


def test_reward_is_the_final_state_of_a_closed_case() -> None:
    for rollout in make_rollouts(tasks=60, trials=8, seed=5):
        statuses = [record.status for record in rollout.task.records]
        for turn in rollout.turns:
            for result in turn.reply.results:
                if result.error is None and result.call.tool in {"cancel", "refund", "move", "pass", "undo"}:
                    statuses[result.call.target - 1] = result.rows[0].status
        is_solved = statuses == rollout.task.goal_statuses and rollout.status == "completed"
        assert rollout.reward == float(is_solved)


def test_a_trial_does_not_depend_on_the_others() -> None:
    task = make_task(7, 11)
    alone = run_trial(task, 5)
    assert [run_trial(task, trial) for trial in range(8)][5] == alone
    assert run_trial(make_task(7, 11), 5) == alone


def test_tasks_of_two_splits_and_two_seeds_differ() -> None:
    tasks = [make_task(0, 4), make_task(1, 4), make_task(0, 4, split="play")]
    assert len({(task.request, task.records) for task in tasks}) == 3


def test_every_task_has_look_alikes_and_one_right_record() -> None:
    for index in range(300):
        task = make_task(2, index)
        assert task.look_alike_count >= 2
        wanted = [
            record.position
            for record in task.records
            if (record.item, record.variant) == (task.request.item, task.request.variant)
        ]
        assert wanted == [task.gold.target]
        assert task.goal_statuses != [record.status for record in task.records]


def test_unknown_skill_is_named_with_those_known() -> None:
    with pytest.raises(ValueError, match=r"Unknown or no `skills`: \['sly'\]. Known skills: careful, hasty"):
        run_trial(make_task(0, 0), 0, skills=["careful", "sly"])
