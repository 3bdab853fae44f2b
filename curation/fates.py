"""Decisions: the one fate that each trajectory gets, and the rule, reason and values behind it."""

from collections.abc import Callable, Iterable

import polars as pl

from curation.frames import polars_schema
from curation.selection.cascade import VERDICTS
from schemas.reasons import DecisionReason
from schemas.tables import TABLES
from schemas.trajectory import Trajectory

READ_RULE = "read"
END_RULE = "end"


def _decision_schema() -> pl.Schema:
    schema = dict(polars_schema(TABLES["decisions"]))
    del schema["dataset_id"]
    return pl.Schema(schema)


DECISION_SCHEMA = _decision_schema()
"""Columns of `decisions` but `dataset_id`."""


def drop_all(candidates: pl.DataFrame, rule: str, reason: DecisionReason) -> pl.DataFrame:
    """Give the verdicts, as `VERDICTS`, of a rule that drops all these for one reason."""
    return candidates.select(
        "trajectory_id",
        rule=pl.lit(rule),
        is_kept=pl.lit(value=False),
        reason=pl.lit(reason.value),
        detail=pl.lit(None),
        inclusion_probability=pl.lit(None),
    ).cast(VERDICTS)


def fates(candidates: pl.DataFrame, trace: pl.DataFrame, split_of: Callable[[str], str]) -> pl.DataFrame:
    """Give each candidate its one decision: the verdict that dropped it, else kept, with what each rule saw.

    Args:
        candidates: one row per trajectory.
        trace: every verdict of every rule, as `VERDICTS`.
        split_of: names the split of a task.

    Returns:
        One row per candidate, under `DECISION_SCHEMA`.
    """
    drops = trace.filter(~pl.col("is_kept")).drop("is_kept", "inclusion_probability")
    is_kept = pl.col("reason").is_null()
    return (
        candidates.select("trajectory_id", "bucket", "task_id")
        .join(drops, on="trajectory_id", how="left")
        .join(_splits(candidates["task_id"], split_of), on="task_id", how="left")
        .join(_chances(trace), on="trajectory_id", how="left")
        .join(_passed(trace), on="trajectory_id", how="left")
        .with_columns(
            detail=pl.when(is_kept).then("passed").otherwise("detail"),
            verdict=pl.when(is_kept).then(pl.lit("kept")).otherwise(pl.lit("dropped")),
            split=pl.when(is_kept).then("kept_split"),
            rule=pl.col("rule").fill_null(END_RULE),
            reason=pl.col("reason").fill_null(DecisionReason.PASSED_ALL_RULES.value),
            child_id=pl.lit(None, dtype=pl.String),
        )
        .select(DECISION_SCHEMA.names())
        .cast(DECISION_SCHEMA)
    )


def replaced_fates(
    children: Iterable[Trajectory], rules: dict[str, str], candidates: pl.DataFrame
) -> pl.DataFrame:
    """Decide upon the trajectories that a repair replaced.

    Args:
        children: what replaced them.
        rules: name of the repair that made each child.
        candidates: rows of the children's tasks.
    """
    rows = [
        {
            "trajectory_id": child.parent_id,
            "task_id": child.task.task_id,
            "verdict": "repaired",
            "rule": f"repair:{rules[child.trajectory_id]}",
            "reason": DecisionReason.REPAIRED_INTO_CHILD.value,
            "detail": child.repair_rule,
            "child_id": child.trajectory_id,
        }
        for child in children
    ]
    parents = pl.DataFrame(rows, schema=DECISION_SCHEMA).drop("bucket")
    buckets = candidates.select("task_id", "bucket").unique()
    return parents.join(buckets, on="task_id", how="left").select(DECISION_SCHEMA.names())


def _splits(task_ids: pl.Series, split_of: Callable[[str], str]) -> pl.DataFrame:
    tasks = task_ids.unique().sort().to_list()
    return pl.DataFrame(
        {"task_id": tasks, "kept_split": [split_of(task) for task in tasks]},
        schema={"task_id": pl.String, "kept_split": pl.String},
    )


def _passed(trace: pl.DataFrame) -> pl.DataFrame:
    """Put together what the rules saw that a trajectory passed."""
    told = trace.filter(pl.col("is_kept") & pl.col("detail").is_not_null())
    passed = pl.format("{} {}", "rule", "detail").str.join("; ")
    return told.group_by("trajectory_id", maintain_order=True).agg(passed=passed)


def _chances(trace: pl.DataFrame) -> pl.DataFrame:
    drawn = trace.filter(pl.col("inclusion_probability").is_not_null())
    return drawn.group_by("trajectory_id").agg(pl.col("inclusion_probability").product())
