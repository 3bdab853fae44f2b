"""A trajectory and what it was made from: the questions of the comparison."""

from typing import Any

import polars as pl

from dashboards.reader import Reader

COMPARED_LIMIT = 1_000
"""Messages of each side that are compared."""
COMPARED_CHARS = 20_000
"""Characters of each field of a message that are compared."""
PAIR_LIMIT = 50

PAIRS = """
    SELECT
        child.trajectory_id AS child_id, child.parent_id, child.relation,
        regexp_extract(child.repair_rule, '^([^ ]+)', 1) AS rule,
        nullif(regexp_extract(child.repair_rule, ' with ([0-9a-f]{32})$', 1), '') AS partner_id
    FROM trajectories AS child
    WHERE child.relation IN ('repair', 'corruption')
        AND (child.trajectory_id = $trajectory OR child.parent_id = $trajectory)
    ORDER BY child.trajectory_id = $trajectory DESC, child.relation DESC, child.repair_rule, child.trajectory_id
    LIMIT $limit
"""

REASONS = """
    SELECT DISTINCT left(coalesce(built.name, decision.dataset_id), 80) AS dataset, decision.rule, decision.reason,
        left(decision.detail, 400) AS detail
    FROM decisions AS decision LEFT JOIN datasets AS built USING (dataset_id)
    WHERE decision.child_id = $child
    ORDER BY ALL
    LIMIT $limit
"""

COMPARED = f"""
    SELECT seq, role, origin, tool_calls, left(text, {COMPARED_CHARS}) AS text,
        left(reasoning, {COMPARED_CHARS}) AS reasoning, left(content_json, {COMPARED_CHARS}) AS content_json
    FROM conversations
    WHERE trajectory_id = $trajectory
    ORDER BY seq
    LIMIT $limit
"""


def pairs(reader: Reader, trajectory_id: str) -> list[dict[str, Any]]:
    """List the made children that a trajectory is, or has, each with its parent, rule and partner."""
    return reader.rows(PAIRS, {"trajectory": trajectory_id, "limit": PAIR_LIMIT}).to_dicts()


def reasons(reader: Reader, child_id: str) -> pl.DataFrame:
    """Say which datasets put a child in its parent's place, and why."""
    return reader.rows(REASONS, {"child": child_id, "limit": PAIR_LIMIT})


def compared(reader: Reader, trajectory_id: str) -> list[dict[str, Any]]:
    """Read the messages that are compared, shared starts included."""
    return reader.rows(COMPARED, {"trajectory": trajectory_id, "limit": COMPARED_LIMIT}).to_dicts()
