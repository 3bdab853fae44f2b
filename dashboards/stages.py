"""The funnel's bars, from counts: pure functions over the rows of the funnel's queries."""

import re
from collections.abc import Mapping
from typing import Any

import polars as pl

from dashboards.charts import Stage

SELECT_RULE = re.compile(r"select:(\d+):")


def intake_stage(intake: Mapping[str, Any]) -> Stage:
    """Split the records that came in by what became of them."""
    fates = ("kept", "rejected", "repeated")
    return Stage(label="records in", parts={fate: intake[f"{fate}_count"] for fate in fates})


def rule_stages(counts: pl.DataFrame, exports: pl.DataFrame) -> list[Stage]:
    """Follow trajectories from rule to rule, then what left in each format.

    Args:
        counts: columns `verdict`, `rule`, `reason`, `trajectory_count`.
        exports: columns `format`, `row_count`.

    Returns:
        One bar per rule that dropped something, in the order of the recipe, as long as what came to that rule; then the
        kept ones, and the rows of each export.
    """
    repaired = _total(counts, "repaired")
    kept = _total(counts, "kept")
    remaining = kept + _total(counts, "dropped")
    stages = [Stage(label="trajectories repaired", parts={"repaired": repaired})] if repaired else []
    dropped = (
        counts.filter(pl.col("verdict") == "dropped")
        .group_by("rule", "reason")
        .agg(pl.col("trajectory_count").sum())
    )
    for rule, reason, count in sorted(dropped.iter_rows(), key=lambda row: (_place(row[0]), row[0], row[1])):
        remaining -= count
        stages.append(Stage(label=f"{rule}: {reason}", parts={"kept": remaining, "dropped": count}))
    stages.append(Stage(label="trajectories kept", parts={"kept": kept}))
    written = exports.group_by("format").agg(pl.col("row_count").sum()).sort("format")
    stages += [
        Stage(label=f"exported as {name}", parts={"exported": count}) for name, count in written.iter_rows()
    ]
    return stages


def _total(counts: pl.DataFrame, verdict: str) -> int:
    return int(counts.filter(pl.col("verdict") == verdict)["trajectory_count"].sum())


def _place(rule: str) -> int:
    """Order rules as a recipe runs them: reading, selectors by number, the end."""
    if rule == "read":
        return -1
    numbered = SELECT_RULE.match(rule)
    return int(numbered[1]) if numbered else 1_000_000
