"""Run selectors one after another; the first that drops a trajectory names the reason."""

from collections.abc import Sequence

import polars as pl

from curation.selection.selector import Selector

VERDICTS = pl.Schema(
    {
        "trajectory_id": pl.String,
        "rule": pl.String,
        "is_kept": pl.Boolean,
        "reason": pl.String,
        "detail": pl.String,
    }
)
"""One row per trajectory and rule that looked at it, in the order of the rules."""


def run_selectors(
    candidates: pl.DataFrame, selectors: Sequence[Selector]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Narrow candidates selector by selector.

    Args:
        candidates: one row per trajectory.
        selectors: in the recipe's order.

    Returns:
        The candidates that every selector keeps, and all verdicts, as `VERDICTS`.
    """
    verdicts = [VERDICTS.to_frame()]
    for number, selector in enumerate(selectors, start=1):
        judged = selector.select(candidates)
        rule = pl.lit(f"select:{number}:{selector.name}").alias("rule")
        verdicts.append(judged.with_columns(rule).select(VERDICTS.names()))
        kept = judged.filter("is_kept")
        candidates = candidates.join(kept, on="trajectory_id", how="semi")
    return candidates, pl.concat(verdicts)
