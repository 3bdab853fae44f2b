"""Advantages of R3L: a group baseline without a division, and amplified where they are not negative.

As in the published code (R3L; `opmd_advantage.py`, `grpo_advantage.py`). Code and paper differ about trajectories with the
full reward: the code sets them to 1, the paper to alpha = 3; so that value is a parameter.
"""

from typing import Literal

import polars as pl

Baseline = Literal["mean", "log_mean_exp"]


def opmd(reward: pl.Expr, *, group: str, baseline: Baseline = "mean", temperature: float = 1.0) -> pl.Expr:
    """Compare rewards with a baseline of their group: r - b.

    A group of one has the baseline 0; a group of equal rewards has advantage 0. A null reward takes part in nothing.

    Args:
        reward: the rewards.
        group: column that names the group.
        baseline: the mean, or temperature * (logsumexp(r / temperature) - ln n).
        temperature: of `log_mean_exp`, above 0.

    Examples:
        >>> trials = pl.DataFrame({"group_id": ["g"] * 4, "reward": [0.0, 0.0, 0.4, 1.0]})
        >>> trials.select(opmd(pl.col("reward"), group="group_id").round(4))["reward"].to_list()
        [-0.35, -0.35, 0.05, 0.65]
    """
    scaled = reward / temperature
    # The greatest is taken out of the exponents, so that none overflows.
    log_mean = scaled.max() + (scaled - scaled.max()).exp().mean().log()
    level = reward.mean() if baseline == "mean" else temperature * log_mean
    score = (
        pl.when(reward.count() == 1).then(reward)
        .when(reward.min() == reward.max()).then(reward * 0.0)
        .otherwise(reward - level)
    )  # fmt: skip
    return score.over(group)


def pivotal(
    reward: pl.Expr, score: pl.Expr, *, amplify: float, perfect_reward: float, perfect_advantage: float
) -> pl.Expr:
    """Amplify advantages that are not negative, and give full rewards a value of their own.

    Args:
        reward: the rewards.
        score: their advantages.
        amplify: factor of advantages of 0 or more.
        perfect_reward: least full reward.
        perfect_advantage: the advantage of a full reward.

    Examples:
        >>> trials = pl.DataFrame({"group_id": ["g"] * 4, "reward": [0.0, 0.0, 0.4, 1.0]})
        >>> score = opmd(pl.col("reward"), group="group_id")
        >>> parts = {"amplify": 3.0, "perfect_reward": 1.0, "perfect_advantage": 1.0}
        >>> trials.select(value=pivotal(pl.col("reward"), score, **parts).round(4))["value"].to_list()
        [-0.35, -0.35, 0.15, 1.0]
    """
    return (
        pl.when(reward >= perfect_reward).then(pl.lit(perfect_advantage))
        .when(score >= 0).then(amplify * score)
        .otherwise(score)
    )  # fmt: skip
