"""Luck: a success whose strategy seldom succeeds. Ours.

A strategy is judged over a whole domain, the tasks of one benchmark, and never on its own task. Three steps:

1. *Excess* of a move: how much more often than other trials of their policy on their task those trials succeed that make
   it, learned outside the fold of tasks that is judged.
2. *Advantage* of a trial: the mean excess of its distinct moves.
3. *Potential* of its strategy: the rate of success in the domain, moved by how much more often trials of such an
   advantage succeed. Both are learned outside the fold, the second by isotonic regression, so that a potential is a rate
   of success and not only a rank.

The advantage knows nothing of its own task. The potential does so at second hand: the trials that it is calibrated on have
advantages that the own task had a small part in.

Luck is what a success has and its strategy does not promise: 1 - potential.
"""

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.optimize import isotonic_regression

from curation.rewards.outcomes import is_trial
from curation.topology.potential import PRIOR_TRIALS, folds_of

Values = npt.NDArray[np.float64]

FOLDS = 5
"""Parts that the tasks of a domain are cut into. Trials of one task never teach each other."""

NO_BENCHMARK = ""
"""Domain of the tasks that belong to no benchmark."""

DIGITS = 12
"""Decimals of an advantage: strategies that differ only by how a sum was rounded are on one level of the regression."""

CELL = ("domain", "strategy", "fold")
"""Trials that share it are judged alike."""


def judged_trials(trajectories: pl.DataFrame, tasks: pl.DataFrame) -> pl.DataFrame:
    """Give each trajectory's place in its domain, and its outcome.

    Args:
        trajectories: `trajectory_id`, `task_id`, `group_id`, `relation`, `is_success` (null: unknown).
        tasks: `task_id`, `benchmark`.

    Returns:
        `trajectory_id`, `domain`, `policy`, `fold`, `is_success`, and `outcome`, 1 or 0 for trials that teach: those of
        known outcome that are not the only ones of their policy on their task.
    """
    success = pl.when(is_trial()).then("is_success").cast(pl.Float64)
    return (
        trajectories.join(tasks, on="task_id", how="left")
        .with_columns(domain=pl.col("benchmark").fill_null(NO_BENCHMARK), success=success)
        .select(
            "trajectory_id",
            "domain",
            policy="group_id",
            fold=folds_of("task_id", within="domain", count=FOLDS),
            is_success="is_success",
            outcome=pl.when(pl.col("success").count().over("group_id") > 1).then("success"),
        )
    )


def judge_strategies(trials: pl.DataFrame, strategies: pl.DataFrame) -> pl.DataFrame:
    """Judge the strategy of each trajectory by what it led to in the domain's other tasks.

    All trials of one strategy in one fold are judged alike, so what they taught is added up first: the cost beyond
    that grows with the strategies that there are, not with the trials.

    Args:
        trials: as `judged_trials` gives them, of the whole corpus.
        strategies: `trajectory_id`, `strategy_key` and `strategy_moves`, as `strategies` describes them.

    Returns:
        `trajectory_id`, `strategy_advantage`, `strategy_potential`, `luck`; a row for each trajectory with a move whose
        domain has a trial that teaches outside its fold.
    """
    surplus = pl.col("outcome") - pl.col("outcome").mean().over("policy")
    # To be learned from: better than all trials of the policy. To calibrate on: than those that make a call, as these do.
    placed = (
        trials.with_columns(excess=surplus)
        .join(strategies.rename({"strategy_key": "strategy"}), on="trajectory_id")
        .with_columns(surplus=surplus)
    )
    moves = placed.unique("strategy").select("strategy", move="strategy_moves").explode("move")
    # Sums of floats depend on their order in the last bits, hence the sorts.
    cells = placed.group_by(CELL).agg(
        count=pl.col("outcome").count(),
        success_count=pl.col("outcome").sum(),
        excess=pl.col("excess").sort().sum(),
        surplus=pl.col("surplus").sort().sum(),
    )
    known = cells.join(_advantages(cells, moves), on=CELL).sort(CELL)
    parts = [
        _calibrated(part, fold)
        for (_,), part in known.group_by(["domain"], maintain_order=True)
        for fold in range(FOLDS)
    ]
    judged = pl.concat([known.clear().with_columns(potential=pl.lit(0.0)), *parts])
    return placed.join(judged, on=CELL).select(
        "trajectory_id",
        strategy_advantage="advantage",
        strategy_potential="potential",
        luck=pl.when("is_success").then(1 - pl.col("potential")),
    )


def _advantages(cells: pl.DataFrame, moves: pl.DataFrame) -> pl.DataFrame:
    """Average over the moves of each strategy how much better than usual those trials do, outside the fold, that make it.

    Args:
        cells: per `CELL`, the `count` of its trials that teach, and the sum of their `excess`.
        moves: distinct pairs of `strategy` and `move`.

    Returns:
        Each cell with its `advantage`; a move's excess is shrunk towards 0 by `PRIOR_TRIALS`.
    """
    made = cells.join(moves, on="strategy")
    inside = made.group_by("domain", "move", "fold").agg(
        count=pl.col("count").sum(), excess=pl.col("excess").sort().sum()
    )
    outside = [
        inside.filter(pl.col("fold") != fold)
        .group_by("domain", "move")
        .agg(
            fold=pl.lit(fold, cells.schema["fold"]),
            excess=pl.col("excess").sort().sum() / (pl.col("count").sum() + PRIOR_TRIALS),
        )
        for fold in range(FOLDS)
    ]
    felt = made.select(*CELL, "move").join(pl.concat(outside), on=["domain", "move", "fold"], how="left")
    return felt.group_by(CELL).agg(advantage=pl.col("excess").fill_null(0).sort().mean().round(DIGITS))


def _calibrated(domain: pl.DataFrame, fold: int) -> pl.DataFrame:
    """Add `potential` to the cells of one fold; no rows where no trial outside it teaches."""
    learners = domain.filter(pl.col("fold") == fold)
    teachers = domain.filter((pl.col("fold") != fold) & (pl.col("count") > 0))
    if teachers.is_empty():
        return learners.clear().with_columns(potential=pl.lit(0.0))
    levels = (
        teachers.group_by("advantage")
        .agg(weight=pl.col("count").sum(), surplus=pl.col("surplus").sort().sum())
        .sort("advantage")
    )
    means = (levels["surplus"] / levels["weight"]).to_numpy()
    rising = isotonic_regression(means, weights=levels["weight"].to_numpy()).x
    promised: Values = np.interp(learners["advantage"].to_numpy(), levels["advantage"].to_numpy(), rising)
    rate = float(teachers.select(pl.col("success_count").sum() / pl.col("count").sum()).item())
    return learners.with_columns(potential=pl.Series((rate + promised).clip(0, 1)))
