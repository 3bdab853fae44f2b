"""Which trials have an outcome, and which succeed: one definition for signals, topology and advantages."""

import polars as pl

REWARD_TOLERANCE = 1e-6
"""Rewards are sums and products of floats in many benchmarks: this far below the mark still succeeds."""


def scored_reward() -> pl.Expr:
    """Give the reward that is the agent's own doing; null when it is unknown or the environment broke."""
    return pl.when(pl.col("status") != "infra_error").then(pl.col("outcome_reward").fill_nan(None))


def is_success(success_reward: float) -> pl.Expr:
    """Tell whether a trial succeeds; null when its outcome is not known.

    Args:
        success_reward: least reward of a success.
    """
    return scored_reward() >= success_reward - REWARD_TOLERANCE


def is_trial() -> pl.Expr:
    """Tell trials from what derives from one: repairs, branches, continuations and subagents would count it again."""
    return pl.col("relation") == "attempt"
