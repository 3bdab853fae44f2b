"""Rules that set, limit or use advantages."""

import polars as pl
import pytest

from curation.training.advantage import Advantage
from curation.training.advantage_limits import ClipAdvantage, PositiveOnly
from curation.training.mask_failed_calls import MaskFailedCalls
from curation.training.returns import Returns
from schemas.errors import RecipeError
from tests.curation.rollouts import BAD, do, rollout, say
from tests.curation.training.scenes import (
    labels,
    reasons,
    restart,
    scene,
    trained,
    turns,
    with_columns,
    with_verdicts,
)
from tests.curation.training.test_masks import edited

LOOK, FAIL, END = do("look", 1), do("change", 2, BAD), say("done")
GROUP = [rollout(LOOK, trial=trial, reward=float(trial == 0)) for trial in range(4)]


def advantage(*rules: object) -> list[float | None]:
    whole = scene(*GROUP)
    return [turns(whole, trial, *rules)["advantage"][0] for trial in GROUP]  # type: ignore[arg-type]  # rules


def test_sets_the_advantages_of_published_formulas() -> None:
    assert advantage(Advantage()) == pytest.approx([1.5, -0.5, -0.5, -0.5], abs=1e-5)
    assert advantage(Advantage(formula="rloo")) == pytest.approx([1, -1 / 3, -1 / 3, -1 / 3])
    assert advantage(Advantage(formula="mean")) == pytest.approx([0.75, -0.25, -0.25, -0.25])


def test_compares_with_all_policies_of_a_task_when_asked() -> None:
    one, other = rollout(LOOK, model="a"), rollout(LOOK, model="b", reward=0)
    given = scene(one, other)
    assert turns(given, one, Advantage(formula="mean"))["advantage"].to_list() == [1.0]
    assert turns(given, one, Advantage(formula="mean", group_by="task_id"))["advantage"].to_list() == [0.5]


def test_reads_advantages_from_a_column_of_numbers() -> None:
    assert advantage(Advantage(column="rloo_advantage")) == advantage(Advantage(formula="rloo"))
    with pytest.raises(RecipeError, match="`column` must be of numbers, but 'model' is of String"):
        advantage(Advantage(column="model"))
    with pytest.raises(RecipeError, match="unknown columns: luck"):
        advantage(Advantage(column="luck"))


def test_gives_context_no_advantage() -> None:
    trial = rollout(LOOK, FAIL)
    told = turns(scene(trial), trial, MaskFailedCalls(), Advantage())
    assert told["advantage"].is_null().to_list() == [False, True]
    assert told["reason"].to_list() == ["advantage_recomputed", "call_failed"]


def test_discounts_the_outcome_as_webrl_does() -> None:
    trial = rollout(*[do("step", number) for number in range(5)])
    told = turns(scene(trial), trial, Returns())["advantage"].to_list()
    assert told == pytest.approx([0.6561, 0.729, 0.81, 0.9, 1])
    unknown = rollout(LOOK, reward=None)
    assert turns(scene(unknown), unknown, Returns())["advantage"].to_list() == [None]


def test_cuts_returns_as_ui_s1_does() -> None:
    trial = with_verdicts(
        rollout(*[do("step", number) for number in range(5)]), "fit", dict(enumerate((1, 1, 0.1, 1, 1)))
    )
    rule = Returns(rewards="verdict_fit", discount=0.5, cut_where="verdict_fit < 1")
    assert turns(scene(trial), trial, rule)["advantage"].to_list() == pytest.approx([1.5, 1.0, 0.1, 1.5, 1.0])


def test_sums_the_rewards_of_messages() -> None:
    trial = edited(rollout(LOOK, do("look", 2), END), 2, reward=0.5)
    rule = Returns(rewards="messages", discount=0.5)
    assert turns(scene(trial), trial, rule)["advantage"].to_list() == [0.5, 0.0, 0.0]
    silent = rollout(LOOK)
    assert turns(scene(silent), silent, rule)["advantage"].to_list() == [None]


def test_compares_returns_step_by_step_and_adds_the_trials_own_advantage() -> None:
    good, bad = rollout(LOOK, END), rollout(LOOK, END, trial=1, reward=0)
    given = scene(good, bad)
    alone = turns(given, good, Returns(standardise=True))["advantage"].to_list()
    assert alone == pytest.approx([0.5**0.5] * 2, abs=1e-4)
    both = turns(given, good, Returns(standardise=True, trial_weight=1))["advantage"].to_list()
    assert both == pytest.approx([2 * 0.5**0.5] * 2, abs=1e-4)


def test_compares_returns_with_those_of_trials_only() -> None:
    good, bad = rollout(LOOK, END), rollout(LOOK, END, trial=1, reward=0)
    retry = restart(bad, 1, END, reward=1, trial=2)
    given = scene(good, bad, retry)
    rule = Returns(standardise=True, trial_weight=1)
    assert turns(given, good, rule)["advantage"].to_list() == pytest.approx([2 * 0.5**0.5] * 2, abs=1e-4)
    assert turns(given, retry, rule)["advantage"].to_list() == [None, None]
    assert turns(given, retry, Returns())["advantage"].to_list() == [None, 1.0]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"discount": 1.5}, r"`discount` must be in \[0, 1\]"),
        ({"rewards": "luck"}, "`rewards` must be outcome, messages or a column of steps"),
        ({"cut_where": "outcome_reward < 1"}, "`cut_where` must name columns of steps only"),
    ],
)
def test_refuses_returns_that_cannot_be_computed(parameters: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        Returns(**parameters)  # type: ignore[arg-type]  # of every kind


def test_clips_advantages() -> None:
    told = labels(scene(*GROUP), Advantage(formula="mean"), ClipAdvantage(low=-0.2, high=5))
    assert sorted(told["advantage"].drop_nulls()) == [-0.2, -0.2, -0.2, 0.75]
    assert told["reason"].is_in(["advantage_clipped"]).sum() == 3
    with pytest.raises(RecipeError, match="`low` must not be above `high`"):
        ClipAdvantage(low=1, high=0)


def test_trains_only_what_is_better_than_its_group() -> None:
    whole = scene(*GROUP)
    assert [trained(whole, trial, PositiveOnly())[0] for trial in GROUP] == [True, False, False, False]
    assert reasons(whole, GROUP[1], PositiveOnly()) == ["advantage_not_positive"]
    weighed = turns(whole, GROUP[0], Advantage(formula="mean"), PositiveOnly(as_weight=True))
    assert weighed["weight"].to_list() == [0.75]


def test_what_is_unknown_is_masked_unless_it_is_kept() -> None:
    unknown = rollout(LOOK, reward=None)
    assert reasons(scene(unknown), unknown, PositiveOnly()) == ["advantage_unknown"]
    assert trained(scene(unknown), unknown, PositiveOnly(unknown="keep", as_weight=True)) == [True]


def test_the_group_is_whole_whatever_is_kept() -> None:
    whole = scene(*GROUP)
    alone = with_columns(whole)
    kept = type(whole)(
        frames=alone.frames, kept=alone.kept.filter(pl.col("trajectory_id") == GROUP[0].trajectory_id)
    )
    assert labels(kept, Advantage())["advantage"].drop_nulls().to_list() == pytest.approx([1.5], abs=1e-5)
