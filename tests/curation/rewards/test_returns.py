import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.rewards.returns import returns_to_go

REWARDS = st.lists(st.floats(-3, 3), min_size=1, max_size=30)


def returns(
    rewards: list[float | None], discount: float, cuts: list[bool] | None = None
) -> list[float | None]:
    steps = pl.DataFrame(
        {"trial": ["t"] * len(rewards), "reward": rewards, "is_cut": cuts or [False] * len(rewards)},
        schema_overrides={"reward": pl.Float64},
    )
    is_cut = None if cuts is None else pl.col("is_cut")
    value = returns_to_go(pl.col("reward"), discount=discount, of="trial", is_cut=is_cut)
    return steps.select(value=value)["value"].to_list()


def test_agrees_with_the_hand_vector_of_webrl() -> None:
    assert returns([0, 0, 0, 0, 1], 0.9) == pytest.approx([0.6561, 0.729, 0.81, 0.9, 1])


def test_agrees_with_the_hand_vector_of_ui_s1() -> None:
    cuts = [False, False, True, False, False]
    assert returns([1, 1, 0.1, 1, 1], 0.5, cuts) == pytest.approx([1.5, 1.0, 0.1, 1.5, 1.0])


def test_two_cuts_in_a_row_stand_alone() -> None:
    assert returns([1, 2, 3, 4], 1, [False, True, True, False]) == pytest.approx([1, 2, 3, 4])


@given(REWARDS, st.sampled_from((0.0, 0.5, 0.9, 1.0)))
def test_is_the_sum_by_its_definition(rewards: list[float], discount: float) -> None:
    expected = [
        sum(discount ** (later - step) * reward for later, reward in enumerate(rewards) if later >= step)
        for step in range(len(rewards))
    ]
    assert returns(list(rewards), discount) == pytest.approx(expected, abs=1e-9)


def test_an_unknown_reward_makes_unknown_what_it_would_be_summed_into() -> None:
    assert returns([1, None, 1], 0.5) == [None, None, 1]
    assert returns([1, 1, None, 1], 0.5, [False, False, True, False]) == [1.5, 1, None, 1]


def test_trials_do_not_mix() -> None:
    steps = pl.DataFrame(
        {"trial": ["a", "a", "b"], "reward": [0.0, 1.0, 8.0], "is_cut": [False, False, False]}
    )
    for is_cut in (None, pl.col("is_cut")):
        value = returns_to_go(pl.col("reward"), discount=0.5, of="trial", is_cut=is_cut)
        assert steps.select(value=value)["value"].to_list() == [0.5, 1.0, 8.0]
