"""One figure from several metrics: a weighted sum of each metric's place between the group's worst and best."""

from collections.abc import Mapping

import polars as pl

MIDDLE = 0.5
"""Place of a metric that is unknown, or equal all over its group."""

SCORE_DECIMALS = 9
"""Scores that agree so far are ties: sums of floats may differ in their last bits between machines."""


def weighted_score(weights: Mapping[str, float], *, group: str) -> pl.Expr:
    """Score rows within their group: sum of weight * (value - min) / (max - min), over the sum of weights.

    Args:
        weights: weight per metric column, 0 or more, not all 0.
        group: column that names the group.

    Returns:
        Scores in [0, 1].

    Examples:
        >>> walks = pl.DataFrame({"task_id": ["t"] * 3, "efficiency": [1.0, 0.5, None], "recovery": [0.0, 0.0, 0.0]})
        >>> walks.select(weighted_score({"efficiency": 3, "recovery": 1}, group="task_id").alias("s"))["s"].to_list()
        [0.875, 0.125, 0.5]
    """
    total = sum(weights.values())
    places = [weight / total * _place(pl.col(name), group) for name, weight in sorted(weights.items())]
    return pl.sum_horizontal(places).round(SCORE_DECIMALS)


def _place(value: pl.Expr, group: str) -> pl.Expr:
    least, most = value.min().over(group), value.max().over(group)
    return pl.when(most > least).then((value - least) / (most - least)).fill_null(MIDDLE)
