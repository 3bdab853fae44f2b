"""Literal candidates for selectors."""

from typing import Any

import polars as pl

from curation.selection import Selector

COLUMNS = {
    "trajectory_id": pl.String,
    "record_id": pl.String,
    "task_id": pl.String,
    "group_id": pl.String,
    "status": pl.String,
    "outcome_reward": pl.Float64,
    "efficiency": pl.Float64,
    "recovery": pl.Float64,
    "diversity": pl.Float64,
    "success_potential_mean": pl.Float64,
    "content_fingerprint": pl.String,
    "benchmark": pl.String,
    "source_name": pl.String,
    "model": pl.String,
    "step_count": pl.Int64,
    "is_success": pl.Boolean,
    "trial_count": pl.Int64,
    "scored_trial_count": pl.Int64,
    "success_count": pl.Int64,
    "pass_rate": pl.Float64,
    "error_branch_ratio": pl.Float64,
    "strategic_heterogeneity": pl.Float64,
    "strategy_potential": pl.Float64,
    "quality_tier": pl.String,
    "has_plan": pl.Boolean,
    "has_check": pl.Boolean,
    "has_retry": pl.Boolean,
    "failure_severity": pl.Int64,
    "satisfaction_severity": pl.Int64,
}


def candidates(*rows: dict[str, Any]) -> pl.DataFrame:
    """Fill in what a row leaves out; ids are `0`, `1` ... in order."""
    defaults = {
        "task_id": "task",
        "group_id": "group",
        "benchmark": "bench",
        "status": "completed",
        "outcome_reward": 1.0,
    }
    filled = [defaults | {"trajectory_id": str(index)} | row for index, row in enumerate(rows)]
    return pl.DataFrame(filled, schema=COLUMNS)


def kept(selector: Selector, *rows: dict[str, Any]) -> list[str]:
    """Select among literal candidates; gives the ids of those that are kept."""
    found: list[str] = selector.select(candidates(*rows)).filter("is_kept")["trajectory_id"].to_list()
    return found


def verdict(selector: Selector, row: dict[str, Any]) -> str | None:
    """Judge one candidate alone; null when it is kept, else the reason."""
    reason: str | None = selector.select(candidates(row))["reason"].item()
    return reason
