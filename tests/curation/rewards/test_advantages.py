import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.rewards.advantages import grpo, rloo

REWARDS = st.lists(st.floats(-10, 10), min_size=2, max_size=8)


def advantages(*rewards: float | None) -> tuple[list[float | None], list[float | None]]:
    reward = pl.col("reward")
    group = pl.DataFrame(
        {"group_id": ["g"] * len(rewards), "reward": rewards}, schema_overrides={"reward": pl.Float64}
    )
    both = group.select(grpo(reward, group="group_id"), rloo(reward, group="group_id").alias("rloo"))
    return both["reward"].to_list(), both["rloo"].to_list()


def test_agrees_with_the_hand_vectors() -> None:
    by_grpo, by_rloo = advantages(1, 0, 0, 0)
    assert by_grpo == pytest.approx([1.5, -0.5, -0.5, -0.5], abs=1e-5)
    assert by_rloo == pytest.approx([1, -1 / 3, -1 / 3, -1 / 3])


def test_equal_rewards_have_no_advantage_at_all() -> None:
    assert advantages(0.1, 0.1, 0.1) == ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0])


def test_a_group_of_one_is_compared_with_zero() -> None:
    by_grpo, by_rloo = advantages(0.5)
    assert by_grpo == pytest.approx([0.5], abs=1e-5)
    assert by_rloo == [0.5]


def test_what_a_float_cannot_hold_is_unknown() -> None:
    by_grpo, by_rloo = advantages(1e308, -1e308, 0.0, 1.0)
    assert by_grpo == [None] * 4
    assert by_rloo == [pytest.approx(1e308 * (4 / 3)), pytest.approx(-1e308 * (4 / 3)), -1 / 3, 1.0]
    assert advantages(1.7e308, 1.7e308, -1.7e308)[1] == [None] * 3


def test_unknown_rewards_take_no_part() -> None:
    by_grpo, by_rloo = advantages(1, None, 0, 0, 0)
    assert by_grpo[1] is by_rloo[1] is None
    assert [by_rloo[0], *by_rloo[2:]] == pytest.approx([1, -1 / 3, -1 / 3, -1 / 3])
    assert advantages(None, None) == ([None, None], [None, None])


@settings(deadline=None)
@given(REWARDS)
def test_rloo_is_the_reward_less_the_mean_of_the_others(rewards: list[float]) -> None:
    _, by_rloo = advantages(*rewards)
    others = [(sum(rewards) - reward) / (len(rewards) - 1) for reward in rewards]
    assert by_rloo == pytest.approx([r - o for r, o in zip(rewards, others, strict=True)], abs=1e-9)


@settings(deadline=None)
@given(REWARDS)
def test_advantages_of_a_group_sum_to_zero(rewards: list[float]) -> None:
    for found in advantages(*rewards):
        assert sum(value or 0 for value in found) == pytest.approx(0, abs=1e-6)
