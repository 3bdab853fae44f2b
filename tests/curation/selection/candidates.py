"""Literal candidates for selectors."""

from typing import Any

import polars as pl

COLUMNS = {
    "trajectory_id": pl.String,
    "task_id": pl.String,
    "group_id": pl.String,
    "status": pl.String,
    "outcome_reward": pl.Float64,
    "efficiency": pl.Float64,
    "recovery": pl.Float64,
    "diversity": pl.Float64,
    "success_potential_mean": pl.Float64,
    "content_fingerprint": pl.String,
}


def candidates(*rows: dict[str, Any]) -> pl.DataFrame:
    """Fill in what a row leaves out; ids are `0`, `1` ... in order."""
    defaults = {"task_id": "task", "group_id": "group", "status": "completed", "outcome_reward": 1.0}
    filled = [defaults | {"trajectory_id": str(index)} | row for index, row in enumerate(rows)]
    return pl.DataFrame(filled, schema=COLUMNS)
