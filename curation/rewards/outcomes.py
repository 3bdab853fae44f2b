"""Which trials have an outcome, and which succeed: one definition for signals, topology and advantages."""

import polars as pl

REWARD_TOLERANCE = 1e-6
"""Rewards are sums and products of floats in many benchmarks: this far below the mark still succeeds."""


GAP_DECIMALS = 9
"""Differences of rewards that agree so far are equal: 0.9 - 0.8 is no 0.1 in floats."""


def gap(better: pl.Expr, worse: pl.Expr) -> pl.Expr:
    """Give by how much one figure is above another, so that a bound of a recipe is met where it is met on paper.

    Null when either is unknown, or when they are further apart than a float can tell.
    """
    return finite((better - worse).round(GAP_DECIMALS))


def finite(value: pl.Expr) -> pl.Expr:
    """Make null of what is no finite number: an overflow says nothing."""
    return pl.when(value.is_finite()).then(value)


def scored_reward() -> pl.Expr:
    """Give the reward that is the agent's own doing; null when it is unknown or the environment broke."""
    return pl.when(is_own_doing()).then(pl.col("outcome_reward").fill_nan(None))


def is_own_doing() -> pl.Expr:
    """Tell whether a trajectory ended by the agent's own doing; false when its environment broke."""
    return pl.col("status") != "infra_error"


def is_success(success_reward: float) -> pl.Expr:
    """Tell whether a trial succeeds; null when its outcome is not known.

    Args:
        success_reward: least reward of a success.
    """
    return scored_reward() >= success_reward - REWARD_TOLERANCE


def is_trial() -> pl.Expr:
    """Tell trials from what derives from one: repairs, branches, continuations and subagents would count it again."""
    return pl.col("relation") == "attempt"
