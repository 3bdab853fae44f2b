"""Which states each strategy asks to act from again, on literal rollouts."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from curation.replay import PLACE_SCHEMA, REPLAY_STRATEGIES, ReplayStrategy
from curation.replay.failed_calls import FailedCalls
from curation.replay.reflect import Reflect
from curation.replay.reflector import Reflector
from curation.replay.restarts import Restarts
from schemas.errors import RecipeError
from schemas.trajectory import Origin, Relation, Score, ScoreSource, Trajectory
from tests.curation.rollouts import BAD, do, frames, rollout, say, shuffled
from tests.curation.strategies import few, groups

strategies = pytest.mark.parametrize(
    "strategy", [member() for member in REPLAY_STRATEGIES.values()], ids=REPLAY_STRATEGIES
)


def places(strategy: ReplayStrategy, *trials: Trajectory) -> list[dict[str, Any]]:
    return strategy.places(frames(*trials)).to_dicts()


def turns_of(strategy: ReplayStrategy, *trials: Trajectory) -> list[int]:
    return [place["step"] for place in places(strategy, *trials)]


@strategies
@few
@given(trials=groups(), seed=st.integers(0, 99))
def test_places_are_sampled_turns_of_trials_whatever_the_order_of_rows(
    strategy: ReplayStrategy, trials: list[Trajectory], seed: int
) -> None:
    whole = frames(*trials)
    found = strategy.places(whole)
    assert strategy.places(shuffled(whole, seed)).equals(found)
    assert found.drop("outcome_reward").schema == PLACE_SCHEMA
    assert found.select("trajectory_id", "seq").is_unique().all()
    by_id = {trial.trajectory_id: trial for trial in trials}
    for place in found.iter_rows(named=True):
        trial = by_id[place["trajectory_id"]]
        turn = trial.messages[place["seq"]]
        assert (turn.role, turn.origin) == ("assistant", Origin.SAMPLED)
        assert place["step"] == sum(one.role == "assistant" for one in trial.messages[: place["seq"]])
        assert place["end_seq"] is None or place["seq"] < place["end_seq"] <= len(trial.messages)


@strategies
def test_a_strategy_says_what_it_is_and_where_it_comes_from(strategy: ReplayStrategy) -> None:
    assert REPLAY_STRATEGIES[strategy.name] is type(strategy)
    assert strategy.doc.endswith(".")
    assert strategy.published_as
    assert strategy.rule.startswith(f"{strategy.name} {strategy.version} {{")


@strategies
def test_what_derives_from_a_trial_is_not_asked_about(strategy: ReplayStrategy) -> None:
    success = rollout(do("look", 1), do("book", 1), trial=0)
    failure = rollout(do("look", 2, BAD), do("look", 3, BAD), trial=1, reward=0.0)
    branch = replace(failure, record_id="b", parent_id=success.trajectory_id, relation=Relation.BRANCH)
    asked = {place["trajectory_id"] for place in places(strategy, success, failure, branch)}
    assert asked == {failure.trajectory_id}


def test_a_failed_call_is_retried_unless_its_tool_works_later() -> None:
    trial = rollout(do("a", 1, BAD), do("b", 1, BAD), do("a", 2), do("a", 3, BAD))
    assert turns_of(FailedCalls(), trial) == [1, 3]
    (first, _) = places(FailedCalls(), trial)
    assert (first["seq"], first["end_seq"], first["error"]) == (3, 5, BAD)


def test_a_call_without_a_result_did_not_fail() -> None:
    assert turns_of(FailedCalls(), rollout(do("a", 1, None))) == []


def test_restarts_stand_at_even_distances_and_never_at_the_start() -> None:
    trial = rollout(*(do("a", number) for number in range(10)), reward=0.0)
    assert turns_of(Restarts(per_trajectory=4), trial) == [2, 4, 6, 8]
    assert turns_of(Restarts(per_trajectory=1), trial) == [5]
    assert turns_of(Restarts(per_trajectory=None), trial) == list(range(1, 10))
    assert turns_of(Restarts(per_trajectory=40), trial) == list(range(1, 10))


@settings(max_examples=30, deadline=None)
@given(turns=st.integers(1, 30), states=st.integers(1, 40))
def test_there_are_as_many_restarts_as_asked_for_or_as_there_are_turns(turns: int, states: int) -> None:
    trial = rollout(*(do("a", number) for number in range(turns)), reward=0.0)
    assert len(turns_of(Restarts(per_trajectory=states), trial)) == min(states, turns - 1)


def test_restarts_are_of_failures_of_the_chosen_models_with_a_known_reward() -> None:
    turns = (do("a", 1), do("a", 2))
    failed = rollout(*turns, reward=0.0, model="expert")
    others = [
        rollout(*turns, trial=1, reward=1.0, model="expert"),
        rollout(*turns, trial=2, reward=None, model="expert"),
        rollout(*turns, trial=3, reward=0.0, model="student"),
    ]
    found = places(Restarts(models=("expert",)), failed, *others)
    assert {place["trajectory_id"] for place in found} == {failed.trajectory_id}


def test_a_reflection_goes_back_to_where_the_failure_leaves_its_success() -> None:
    success = rollout(do("look", 1), do("book", 1), trial=0)
    failure = rollout(do("look", 1), do("cancel", 1, "gone"), say("done"), trial=1, reward=0.0)
    (place,) = places(Reflect(), success, failure)
    assert (place["trajectory_id"], place["partner_id"]) == (failure.trajectory_id, success.trajectory_id)
    assert (place["step"], place["seq"], place["error"]) == (1, 3, "gone")


def test_a_verdict_may_name_the_first_bad_step() -> None:
    score = Score(name="step", value=0.0, source=ScoreSource.JUDGE, scope="step", step=2)
    failure = rollout(do("a", 1), do("a", 2), do("a", 3), reward=0.0)
    judged = replace(failure, scores=(replace(score, value=1.0, step=0), score, replace(score, step=1)))
    assert turns_of(Reflect(first_bad="verdict"), judged) == [1]
    assert turns_of(Reflect(first_bad="verdict"), failure) == []


def test_a_reflector_gets_the_whole_attempt_and_the_last_thing_that_came_back() -> None:
    failure = rollout(do("a", 1), say("there you are"), reward=0.0)
    (place,) = places(Reflector(), failure)
    assert (place["seq"], place["end_seq"], place["error"]) == (1, len(failure.messages), "go on")
    assert places(Reflector(), rollout(do("a", 1))) == []


def test_the_earliest_places_count_when_there_are_too_many() -> None:
    trial = rollout(*(do(name, 1, BAD) for name in "abc"))
    assert turns_of(FailedCalls(per_trajectory=2), trial) == [0, 1]


def test_parameters_that_mean_nothing_are_refused() -> None:
    with pytest.raises(RecipeError, match="`budget` must be 1 or more, got 0"):
        FailedCalls(budget=0)
    with pytest.raises(RecipeError, match="`per_trajectory` must be 1 or more, got 0"):
        Restarts(per_trajectory=0)
    with pytest.raises(RecipeError, match="Unknown `writer` 'gpt'"):
        Reflect(writer="gpt").places(frames(rollout(do("a"))))


def test_an_empty_bucket_has_no_places() -> None:
    whole = frames(rollout(do("a")))
    nothing = whole.restricted_to(pl.Series([], dtype=pl.String))
    assert all(member().places(nothing).is_empty() for member in REPLAY_STRATEGIES.values())
