import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.rewards.advantages import grpo
from curation.rewards.pivotal import Baseline, opmd, pivotal

REWARD = pl.col("reward")


def group(rewards: list[float | None]) -> pl.DataFrame:
    return pl.DataFrame({"group_id": "g", "reward": rewards}, schema_overrides={"reward": pl.Float64})


def credit(
    *rewards: float | None, baseline: Baseline = "mean", perfect: float = 1.0, std: bool = False
) -> list[float]:
    score = grpo(REWARD, group="group_id") if std else opmd(REWARD, group="group_id", baseline=baseline)
    value = pivotal(REWARD, score, amplify=3.0, perfect_reward=1.0, perfect_advantage=perfect)
    return group(list(rewards)).select(value=value)["value"].to_list()


@pytest.mark.parametrize(
    ("rewards", "advantages"),
    [
        ((0, 0, 0.4, 1), [-0.35, -0.35, 0.15, 1.0]),
        ((0, 0, 0.4, 0.8), [-0.3, -0.3, 0.3, 1.5]),
        ((0, 0, 0.9, 1.0), [-0.475, -0.475, 1.275, 1.0]),
    ],
)
def test_agrees_with_the_hand_vectors(rewards: tuple[float, ...], advantages: list[float]) -> None:
    assert credit(*rewards) == pytest.approx(advantages)


def test_the_papers_value_of_a_full_reward_keeps_the_order() -> None:
    assert credit(0, 0, 0.9, 1.0, perfect=3.0) == pytest.approx([-0.475, -0.475, 1.275, 3.0])


def test_the_other_baseline_agrees_with_its_hand_vector() -> None:
    level = 0.3572
    told = credit(0, 0, 0.4, 0.8, baseline="log_mean_exp")
    assert told == pytest.approx([-level, -level, 3 * (0.4 - level), 3 * (0.8 - level)], abs=2e-4)


def test_the_baseline_of_great_rewards_does_not_overflow() -> None:
    told = credit(-1e4, 0.5, baseline="log_mean_exp")
    assert all(map(math.isfinite, told))


def test_the_other_variant_divides_by_the_deviation() -> None:
    assert credit(0, 0.5, std=True) == pytest.approx([-(0.5**0.5), 3 * 0.5**0.5], abs=1e-4)


def test_a_group_of_one_has_the_baseline_0_and_equal_ones_no_advantage() -> None:
    assert credit(0.5) == [1.5]
    assert credit(0.1, 0.1, 0.1) == [0.0, 0.0, 0.0]
    assert credit(0.1, 0.1, baseline="log_mean_exp") == [0.0, 0.0]


def test_an_unknown_reward_takes_no_part() -> None:
    assert credit(0, None, 0.8) == [pytest.approx(-0.4), None, pytest.approx(1.2)]


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=8))
def test_scores_sum_to_nothing(rewards: list[float]) -> None:
    scores = group(list(rewards)).select(opmd(REWARD, group="group_id"))["reward"]
    assert scores.sum() == pytest.approx(0, abs=1e-9)
