"""Success potential: how likely a trial succeeds that passes through a state. A reconstruction.

A state that only one trial visits repeats that trial's outcome, so potentials that judge the trial that they were
learned from say nothing. `cross_fitted_means` therefore learns each half of a group's trials from the other half.
"""

import polars as pl


def laplace(successes: pl.Expr, visits: pl.Expr) -> pl.Expr:
    """Estimate a rate from counts of distinct trials: (successes + 1) / (visits + 2)."""
    return (successes + 1) / (visits + 2)


def cross_fitted_means(walks: pl.DataFrame) -> pl.DataFrame:
    """Average the potential over the distinct states of a walk, learned without the walk's own half of its group.

    The trials of known outcome fall into halves by turns, in the order of their ids. A trial of unknown outcome is in
    neither half and is judged by both.

    Args:
        walks: as `walk_states` gives them.

    Returns:
        `trajectory_id` and `success_potential_mean`; null when no trial is left to learn from. Walks without a turn
        have no row.
    """
    turns = walks.filter(pl.col("kind") == "turn").unique(
        ["trajectory_id", "node_id"], keep="first", maintain_order=True
    )
    outcome = pl.col("is_success")
    learned = laplace(
        _outside_half(outcome.sum(), "group_id", "node_id"),
        _outside_half(outcome.count(), "group_id", "node_id"),
    )
    return (
        turns.join(_halves(walks), on="trajectory_id", how="left", maintain_order="left")
        .with_columns(potential=learned)
        .group_by("trajectory_id", maintain_order=True)
        .agg(
            success_potential_mean=pl.when(pl.col("teacher_count").first() > 0).then(
                pl.col("potential").mean()
            )
        )
    )


def _halves(walks: pl.DataFrame) -> pl.DataFrame:
    known = pl.col("is_success").is_not_null()
    trials = walks.filter(pl.col("position") == 0).with_columns(
        half=pl.when(known).then(known.cum_sum().over("group_id") % 2)
    )
    return trials.select(
        "trajectory_id", "half", teacher_count=_outside_half(pl.col("is_success").count(), "group_id")
    )


def _outside_half(count: pl.Expr, *of: str) -> pl.Expr:
    return count.over(of) - count.over(*of, "half")
