"""Rules over trials and what was begun again from them: EEF's benefit analysis, and R3L's pivot."""

import pytest

from curation.training.mask_harmful_actions import MaskHarmfulActions
from curation.training.pivot import Pivot
from schemas.errors import RecipeError
from tests.curation.rollouts import do, rollout, say
from tests.curation.training.scenes import labels, reasons, restart, scene, trained, turns

STEPS = [do("step", number) for number in range(6)]
END = say("done")


def test_actions_between_a_state_that_is_solved_and_one_that_is_not_are_harmful() -> None:
    base = rollout(*STEPS, reward=0)
    solved = restart(base, 1, END, reward=1, trial=1)
    failed = restart(base, 3, END, reward=0, trial=2)
    given = scene(base, solved, failed)
    assert trained(given, base, MaskHarmfulActions()) == [True, False, False, True, True, True]
    assert reasons(given, base, MaskHarmfulActions())[1:3] == ["action_harmful"] * 2
    assert trained(given, solved, MaskHarmfulActions()) == [False, True]
    assert trained(given, failed, MaskHarmfulActions()) == [False, False, False, False]
    assert reasons(given, failed, MaskHarmfulActions())[3] == "restart_failed"
    assert trained(given, failed, MaskHarmfulActions(keep_failed_restarts=True))[3]


def test_a_state_is_solved_when_one_of_its_restarts_is_and_unknown_ones_say_nothing() -> None:
    base = rollout(*STEPS, reward=0)
    others = [
        restart(base, 1, END, reward=0, trial=1),
        restart(base, 1, say("other"), reward=1, trial=2),
        restart(base, 2, END, reward=None, trial=3),
        restart(base, 4, END, reward=0, trial=4),
    ]
    told = trained(scene(base, *others), base, MaskHarmfulActions())
    assert told == [True, False, False, False, True, True]


def test_the_end_of_the_failed_trial_counts_when_asked() -> None:
    base = rollout(*STEPS, reward=0)
    given = scene(base, restart(base, 4, END, reward=1, trial=1))
    assert all(trained(given, base, MaskHarmfulActions()))
    assert trained(given, base, MaskHarmfulActions(end_counts=True)) == [True] * 4 + [False] * 2


def test_actions_of_a_trial_that_is_solved_or_unknown_are_not_harmful() -> None:
    for reward in (1.0, None):
        base = rollout(*STEPS, reward=reward)
        given = scene(
            base, restart(base, 1, END, reward=1, trial=1), restart(base, 3, END, reward=0, trial=2)
        )
        assert all(trained(given, base, MaskHarmfulActions()))


def test_what_a_trial_and_its_retry_share_is_trained_in_neither() -> None:
    base = rollout(*STEPS[:4], reward=0)
    retry = restart(base, 2, do("other"), END, reward=1, trial=1)
    given = scene(base, retry)
    assert trained(given, base, Pivot()) == [False, False, True, True]
    assert trained(given, retry, Pivot()) == [False, False, True, True]
    assert reasons(given, base, Pivot())[:2] == ["shared_with_partner"] * 2


def test_of_several_retries_the_longest_or_shortest_start_is_masked() -> None:
    base = rollout(*STEPS[:4], reward=0)
    given = scene(base, *(restart(base, at, END, reward=1, trial=at) for at in (1, 3)))
    assert trained(given, base, Pivot()) == [False, False, False, True]
    assert trained(given, base, Pivot(of_several="shortest")) == [False, True, True, True]


def test_advantages_are_those_of_the_group_with_its_restarts() -> None:
    bases = [rollout(STEPS[0], END, reward=0, trial=trial) for trial in (0, 1)]
    retries = [
        restart(bases[0], 1, END, reward=0.4, trial=2),
        restart(bases[1], 1, say("other"), reward=1.0, trial=3),
    ]
    given = scene(*bases, *retries)
    expected = {bases[0]: -0.35, bases[1]: -0.35, retries[0]: 0.15, retries[1]: 1.0}
    for trial, advantage in expected.items():
        assert turns(given, trial, Pivot())["advantage"].to_list() == [None, pytest.approx(advantage)]
    assert turns(given, retries[1], Pivot(perfect_advantage=3))["advantage"][1] == 3
    by_deviation = turns(given, bases[0], Pivot(scale="std"))["advantage"][1]
    assert by_deviation == pytest.approx(-0.35 / 0.4725, abs=1e-3)


def test_a_failure_and_its_nearest_success_are_a_pair_when_asked() -> None:
    good = rollout(STEPS[0], do("think"), STEPS[1], END)
    other = rollout(do("elsewhere"), END, trial=1)
    bad = rollout(STEPS[0], say("words"), do("astray"), END, trial=2, reward=0)
    given, rule = scene(good, other, bad), Pivot(pairs="nearest_success")
    assert trained(given, good, rule) == [False, False, True, True]
    assert trained(given, bad, rule) == [False, False, True, True]
    assert trained(given, other, rule) == [True, True]


def test_a_failure_that_only_stops_early_trains_its_last_words() -> None:
    good = rollout(STEPS[0], STEPS[1], END)
    bad = rollout(STEPS[0], END, trial=1, reward=0)
    given, rule = scene(good, bad), Pivot(pairs="nearest_success")
    assert trained(given, bad, rule) == [False, True]
    assert trained(given, good, rule) == [False, True, True]


def test_without_restarts_only_advantages_change() -> None:
    trial = rollout(STEPS[0], reward=None)
    told = labels(scene(trial), Pivot())
    assert told["advantage"].null_count() == told.height
    assert trained(scene(trial), trial, Pivot()) == [True]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"temperature": 0.0}, "`temperature` must be above 0"),
        ({"scale": "std", "baseline": "log_mean_exp"}, "takes the baseline mean"),
    ],
)
def test_refuses_what_cannot_be_computed(parameters: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        Pivot(**parameters)  # type: ignore[arg-type]  # of every kind
