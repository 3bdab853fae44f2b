import msgspec
import pytest

from curation.signals.outcomes import Outcomes
from schemas.trajectory import Relation, Status, Trajectory
from tests.curation.rollouts import frames, rollout, value


def group(*trajectories: Trajectory) -> dict[str, object]:
    found = Outcomes().compute(frames(*trajectories))["group"]
    return found.drop("group_id", "bucket").row(0, named=True)


def test_sums_up_the_trials_of_a_group() -> None:
    found = group(
        *(rollout(trial=trial, reward=reward) for trial, reward in enumerate((1.0, 0.0, 0.0, None)))
    )
    assert found == {
        "trial_count": 4,
        "scored_trial_count": 3,
        "success_count": 1,
        "pass_rate": pytest.approx(1 / 3),
        "is_mixed": True,
        "reward_mean": pytest.approx(1 / 3),
        "reward_std": pytest.approx(0.57735, abs=1e-5),
    }


def test_has_no_rate_where_no_outcome_is_known() -> None:
    found = group(rollout(reward=None), rollout(trial=1, reward=1.0, status=Status.INFRA_ERROR))
    assert found["scored_trial_count"] == 0
    assert found["pass_rate"] is found["reward_mean"] is found["reward_std"] is None
    assert found["is_mixed"] is False


def test_a_spread_that_overflows_is_unknown() -> None:
    found = group(*(rollout(trial=trial, reward=reward) for trial, reward in enumerate((1e308, -1e308, 1.0))))
    assert found["reward_std"] is None
    assert found["pass_rate"] == pytest.approx(2 / 3)


def test_groups_hold_trials_of_one_policy() -> None:
    whole = frames(rollout(model="a"), rollout(model="b", reward=0.0))
    assert sorted(Outcomes().compute(whole)["group"]["pass_rate"].to_list()) == [0.0, 1.0]


def test_a_repair_is_judged_but_is_no_trial() -> None:
    parent = rollout()
    repair = msgspec.structs.replace(
        parent, relation=Relation.REPAIR, parent_id=parent.trajectory_id, repair_rule="rule"
    )
    found = Outcomes().compute(frames(parent, repair))
    assert value(found["trajectory"], repair, "is_success") is True
    assert found["group"].select("trial_count", "success_count").row(0) == (1, 1)


def test_success_is_what_the_parameter_says() -> None:
    found = Outcomes(success_reward=0.5).compute(frames(rollout(reward=0.5)))
    assert found["trajectory"]["is_success"].to_list() == [True]


@pytest.mark.parametrize("relation", [Relation.BRANCH, Relation.CONTINUATION, Relation.SUBAGENT])
def test_what_derives_from_an_attempt_is_no_trial(relation: Relation) -> None:
    parent = rollout(reward=1.0)
    child = msgspec.structs.replace(parent, record_part=1, relation=relation, parent_id=parent.trajectory_id)
    assert group(parent, child)["trial_count"] == 1
