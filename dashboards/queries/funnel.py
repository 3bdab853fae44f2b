"""What became of records and trajectories: the questions of the funnel page."""

from typing import Any

import polars as pl

from dashboards.charts import BIN_COUNT
from dashboards.reader import Reader

DATASET_LIMIT = 200
ROW_LIMIT = 200

DATASETS = """
    SELECT
        d.dataset_id, d.name, head.dataset_id IS NOT NULL AS is_head,
        d.read_count, d.repaired_count, d.kept_count, d.dropped_count
    FROM datasets AS d
    LEFT JOIN dataset_heads AS head ON head.name = d.name AND head.dataset_id = d.dataset_id
    ORDER BY is_head DESC, d.name, d.dataset_id
    LIMIT $limit
"""

INTAKE = """
    SELECT
        count(*) AS file_count,
        coalesce(sum(record_count), 0)::BIGINT AS record_count,
        coalesce(sum(kept_count), 0)::BIGINT AS kept_count,
        coalesce(sum(rejected_count), 0)::BIGINT AS rejected_count,
        coalesce(sum(repeated_count), 0)::BIGINT AS repeated_count
    FROM sources
"""

REJECTIONS = """
    SELECT reason, count(*) AS record_count
    FROM records
    WHERE parse_status = 'rejected'
    GROUP BY reason
    ORDER BY record_count DESC, reason
"""

REJECTED_RECORDS = """
    SELECT source_uri, locator, format, left(detail, 400) AS detail, raw_bytes_count, record_id
    FROM records
    WHERE parse_status = 'rejected' AND reason = $reason
        AND ($text = '' OR contains(lower(source_uri || ' ' || locator || ' ' || coalesce(detail, '')), lower($text)))
    ORDER BY source_uri, record_index
    LIMIT $limit
"""

DECISION_COUNTS = """
    SELECT verdict, rule, reason, count(*) AS trajectory_count
    FROM decisions
    WHERE dataset_id = $dataset
    GROUP BY verdict, rule, reason
    ORDER BY trajectory_count DESC, rule, reason
"""

DECIDED_TRAJECTORIES = """
    SELECT
        d.trajectory_id, task.benchmark, left(task.task_key, 80) AS task_key, t.trial, left(t.model, 60) AS model,
        t.status, t.outcome_reward, left(d.detail, 200) AS detail, d.split
    FROM decisions AS d
    LEFT JOIN judged_trajectories AS t USING (trajectory_id)
    LEFT JOIN tasks AS task ON task.task_id = d.task_id
    WHERE d.dataset_id = $dataset AND d.verdict = $verdict AND d.rule = $rule AND d.reason = $reason
        AND ($text = '' OR starts_with(d.trajectory_id, lower($text)) OR contains(lower(task.task_key), lower($text)))
    ORDER BY task.benchmark, task.task_key, t.trial, d.trajectory_id
    LIMIT $limit
"""

EXPORTS = """
    SELECT format, row_count, left(losses, 400) AS losses, export_id
    FROM exports
    WHERE dataset_id = $dataset
    ORDER BY format, export_id
    LIMIT $limit
"""

REWARDS = """
    WITH rewards AS (
        SELECT d.verdict, t.outcome_reward AS value
        FROM decisions AS d
        JOIN judged_trajectories AS t USING (trajectory_id)
        WHERE d.dataset_id = $dataset AND d.verdict IN ('kept', 'dropped')
    ),
    span AS (
        SELECT least(min(value), 0) AS low, greatest(max(value), 1) AS high FROM rewards WHERE isfinite(value)
    )
    SELECT
        verdict,
        low,
        low + (high - low) / $bins
            * (least(floor((value - low) / (high - low) * $bins), $bins - 1) + 0.5) AS center,
        (high - low) / $bins AS width,
        count(*) AS trajectory_count
    FROM rewards CROSS JOIN span
    WHERE value IS NULL OR isfinite(value)
    GROUP BY ALL
    ORDER BY ALL
    LIMIT $limit
"""

RATES_OF_GROUPS = """
    SELECT (least(floor(pass_rate * $bins), $bins - 1) + 0.5) / $bins AS center, count(*) AS group_count
    FROM group_signals
    WHERE pass_rate IS NOT NULL
    GROUP BY ALL
    ORDER BY ALL
    LIMIT $limit
"""


def datasets(reader: Reader) -> pl.DataFrame:
    """List datasets, those that a name means now first."""
    return reader.rows(DATASETS, {"limit": DATASET_LIMIT})


def intake(reader: Reader) -> dict[str, Any]:
    """Count what came in: `record_count = kept_count + rejected_count + repeated_count`, over all files."""
    return reader.rows(INTAKE).row(0, named=True)


def rejections(reader: Reader) -> pl.DataFrame:
    """Count rejected records per reason."""
    return reader.rows(REJECTIONS)


def rejected_records(reader: Reader, *, reason: str, text: str = "") -> pl.DataFrame:
    """List the first rejected records of one reason; `text` searches place and detail."""
    return reader.rows(REJECTED_RECORDS, {"reason": reason, "text": text, "limit": ROW_LIMIT})


def decision_counts(reader: Reader, dataset_id: str) -> pl.DataFrame:
    """Count a dataset's decisions per verdict, rule and reason."""
    return reader.rows(DECISION_COUNTS, {"dataset": dataset_id})


def decided_trajectories(
    reader: Reader, dataset_id: str, *, verdict: str, rule: str, reason: str, text: str = ""
) -> pl.DataFrame:
    """List the first trajectories of one kind of decision; `text` searches ids by prefix, and task keys."""
    parameters = {"dataset": dataset_id, "verdict": verdict, "rule": rule, "reason": reason, "text": text}
    return reader.rows(DECIDED_TRAJECTORIES, {**parameters, "limit": ROW_LIMIT})


def exports(reader: Reader, dataset_id: str) -> pl.DataFrame:
    """List what was written out of a dataset."""
    return reader.rows(EXPORTS, {"dataset": dataset_id, "limit": ROW_LIMIT})


def reward_bins(reader: Reader, dataset_id: str) -> pl.DataFrame:
    """Count kept and dropped trajectories per bin of reward, from `low` on; `center` is null for an unknown reward."""
    return reader.rows(REWARDS, {"dataset": dataset_id, "bins": BIN_COUNT, "limit": ROW_LIMIT})


def pass_rate_bins(reader: Reader) -> pl.DataFrame:
    """Count groups per bin of pass rate; empty when groups were not scored yet."""
    if "pass_rate" not in reader.columns("group_signals"):
        return pl.DataFrame(schema={"center": pl.Float64, "group_count": pl.Int64})
    return reader.rows(RATES_OF_GROUPS, {"bins": BIN_COUNT, "limit": ROW_LIMIT})
