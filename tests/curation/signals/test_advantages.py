import msgspec
import pytest

from curation.signals.advantages import Advantages
from schemas.trajectory import Relation, Status
from tests.curation.rollouts import frames, rollout, value


def test_compares_trials_of_one_group_only() -> None:
    trials = [rollout(trial=trial, reward=float(trial == 0)) for trial in range(4)]
    other = rollout(task="other", reward=1.0)
    found = Advantages().compute(frames(*trials, other))["trajectory"]
    assert value(found, trials[0], "grpo_advantage") == pytest.approx(1.5, abs=1e-5)
    assert value(found, trials[1], "rloo_advantage") == pytest.approx(-1 / 3)
    assert value(found, other, "rloo_advantage") == 1.0


def test_neither_crashes_of_the_environment_nor_repairs_take_part() -> None:
    trials = [rollout(trial=0), rollout(trial=1, reward=0.0)]
    crash = rollout(trial=2, reward=0.0, status=Status.INFRA_ERROR)
    repair = msgspec.structs.replace(
        trials[0], relation=Relation.REPAIR, parent_id=trials[0].trajectory_id, repair_rule="rule"
    )
    found = Advantages().compute(frames(*trials, crash, repair))["trajectory"]
    assert value(found, trials[0], "rloo_advantage") == 1.0
    assert value(found, crash, "rloo_advantage") is value(found, repair, "rloo_advantage") is None
