"""Group advantages: how much better a trial is than the other trials of its group.

The definitions are those that GRPO and RLOO trainers share. A null reward takes part in nothing and has no advantage.
"""

import polars as pl

from curation.rewards.outcomes import finite

GRPO_EPSILON = 1e-6


def grpo(reward: pl.Expr, *, group: str) -> pl.Expr:
    """Normalise rewards within their group: (r - mean) / (std + 1e-6), with the sample standard deviation.

    A group of one has mean 0 and std 1, as in the published trainers; a group of equal rewards has advantage 0. Null for
    a group whose rewards lie further apart than a float can tell.

    Args:
        reward: the rewards.
        group: column that names the group.

    Examples:
        >>> trials = pl.DataFrame({"group_id": ["g"] * 4, "reward": [1.0, 0.0, 0.0, 0.0]})
        >>> trials.select(grpo(pl.col("reward"), group="group_id").round(4))["reward"].to_list()
        [1.5, -0.5, -0.5, -0.5]
    """
    normalised = (reward - reward.mean()) / (finite(reward.std()) + GRPO_EPSILON)
    return _by_group_size(reward, alone=reward / (1 + GRPO_EPSILON), together=normalised).over(group)


def rloo(reward: pl.Expr, *, group: str) -> pl.Expr:
    """Compare each reward with the mean of the others in its group: n / (n - 1) * (r - mean).

    A group of one has no others: its baseline is 0, as for `grpo`. Null where a float cannot hold the difference.

    Args:
        reward: the rewards.
        group: column that names the group.

    Examples:
        >>> trials = pl.DataFrame({"group_id": ["g"] * 4, "reward": [1.0, 0.0, 0.0, 0.0]})
        >>> trials.select(rloo(pl.col("reward"), group="group_id").round(4))["reward"].to_list()
        [1.0, -0.3333, -0.3333, -0.3333]
    """
    apart = reward.count() / (reward.count() - 1) * (reward - reward.mean())
    return _by_group_size(reward, alone=reward, together=finite(apart)).over(group)


def _by_group_size(reward: pl.Expr, *, alone: pl.Expr, together: pl.Expr) -> pl.Expr:
    # Equal rewards get exactly 0: a mean of floats need not be equal to them.
    is_equal = reward.min() == reward.max()
    return pl.when(reward.count() == 1).then(alone).when(is_equal).then(reward * 0.0).otherwise(together)
