"""One trajectory and how to find it: the questions of the trajectory page."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from dashboards.reader import Reader, beside

FIND_LIMIT = 200
TURN_LIMIT = 40
"""Turns of one page of a conversation; the observations of their calls come on top."""
STEP_LIMIT = 400
LINK_LIMIT = 50
EXCERPT_CHARS = 800
"""Characters of a message that a page loads at first; the rest comes when a person asks for it."""

SORTS = {
    "task": "o.benchmark, o.task_key, o.trial, o.trajectory_id",
    "highest reward": "o.outcome_reward DESC NULLS LAST, o.trajectory_id",
    "lowest reward": "o.outcome_reward ASC NULLS LAST, o.trajectory_id",
    "most messages": "o.message_count DESC, o.trajectory_id",
    "most failed steps": "o.error_step_count DESC NULLS LAST, o.trajectory_id",
    "highest cost": "o.cost_usd DESC NULLS LAST, o.trajectory_id",
}
"""Orders that a person may choose, and the SQL of each."""

FIND = """
    SELECT
        o.trajectory_id, o.benchmark, left(o.task_key, 80) AS task_key, o.trial, left(o.agent, 60) AS agent,
        left(o.model, 60) AS model, o.status, o.outcome_reward, o.message_count, o.step_count, o.error_step_count,
        o.relation, d.verdict, d.reason
    FROM trajectory_overview AS o
    LEFT JOIN (SELECT trajectory_id, verdict, reason FROM decisions WHERE dataset_id = $dataset) AS d
        USING (trajectory_id)
    WHERE ($text = '' OR starts_with(o.trajectory_id, lower($text)) OR contains(lower(o.task_key), lower($text)))
        AND ($status = '' OR o.status = $status)
        AND ($verdict = '' OR d.verdict = $verdict)
        AND CASE $reward
            WHEN 'known' THEN o.outcome_reward IS NOT NULL
            WHEN 'unknown' THEN o.outcome_reward IS NULL
            WHEN 'above 0' THEN o.outcome_reward > 0
            WHEN '0 or less' THEN o.outcome_reward <= 0
            ELSE true
        END
    ORDER BY {order}
    LIMIT $limit
"""

REWARD_FILTERS = ("any", "known", "unknown", "above 0", "0 or less")

OVERVIEW = "SELECT * FROM trajectory_overview WHERE trajectory_id = $trajectory LIMIT 1"

CHILDREN = """
    SELECT trajectory_id, relation, left(repair_rule, 80) AS repair_rule
    FROM trajectories
    WHERE parent_id = $trajectory
    ORDER BY relation, trajectory_id
    LIMIT $limit
"""

MESSAGE_COLUMNS = f"""
    m.seq, m.role, m.origin, left(m.name, 80) AS name, m.call_seq, m.reward, m.tool_calls,
    left(m.text, {EXCERPT_CHARS}) AS text, length(m.text) AS text_chars,
    left(m.reasoning, {EXCERPT_CHARS}) AS reasoning, length(m.reasoning) AS reasoning_chars,
    left(m.content_json, {EXCERPT_CHARS}) AS content_json, length(m.content_json) AS content_json_chars
"""

SHARED_COUNT = "SELECT shared_count FROM trajectories WHERE trajectory_id = $trajectory LIMIT 1"

TURNS = f"""
    SELECT {MESSAGE_COLUMNS}, label.is_trained, label.weight, label.advantage, label.reason AS train_reason,
        label.spans
    FROM {{messages}} AS m
    LEFT JOIN (
        SELECT seq, is_trained, weight, advantage, reason, spans FROM train_labels
        WHERE trajectory_id = $trajectory AND dataset_id = $dataset AND view = $view
    ) AS label USING (seq)
    WHERE m.trajectory_id = $trajectory AND m.call_seq IS NULL
    ORDER BY m.seq
    LIMIT $limit OFFSET $offset
"""

VIEWS = """
    SELECT DISTINCT view FROM train_labels WHERE trajectory_id = $trajectory AND dataset_id = $dataset
    ORDER BY view
    LIMIT $limit
"""

OBSERVATIONS = f"""
    SELECT {MESSAGE_COLUMNS}
    FROM {{messages}} AS m
    WHERE m.trajectory_id = $trajectory AND m.call_seq BETWEEN $first AND $last
    ORDER BY m.seq
    LIMIT $limit
"""

TURN_COUNT = "SELECT count(*) FROM {messages} WHERE trajectory_id = $trajectory AND call_seq IS NULL"

WORDS = "SELECT {field} FROM {messages} WHERE trajectory_id = $trajectory AND seq = $seq LIMIT 1"
WORD_FIELDS = ("text", "reasoning", "content_json")

STEPS = """
    SELECT * EXCLUDE (trajectory_id, bucket, action_key, observation_key, state_key)
    FROM steps
    WHERE trajectory_id = $trajectory
    ORDER BY step
    LIMIT $limit
"""

STEP_SIGNALS = """
    SELECT * EXCLUDE (trajectory_id, bucket)
    FROM step_signals
    WHERE trajectory_id = $trajectory
    ORDER BY step
    LIMIT $limit
"""

SIGNALS = "SELECT * FROM signals WHERE trajectory_id = $trajectory LIMIT 1"

SCORES = """
    SELECT told_by, scope, step, left(name, 80) AS name, value, source, left(annotator, 80) AS annotator,
        left(explanation, 400) AS explanation
    FROM all_scores
    WHERE trajectory_id = $trajectory
    ORDER BY told_by, step NULLS FIRST, name, annotator, value
    LIMIT $limit
"""

DECISIONS = """
    SELECT
        left(d.name, 80) AS dataset, head.dataset_id IS NOT NULL AS is_current, decision.verdict, decision.rule,
        decision.reason, left(decision.detail, 400) AS detail, decision.split, decision.child_id, decision.dataset_id
    FROM decisions AS decision
    LEFT JOIN datasets AS d USING (dataset_id)
    LEFT JOIN dataset_heads AS head ON head.dataset_id = decision.dataset_id
    WHERE decision.trajectory_id = $trajectory
    ORDER BY is_current DESC, dataset, decision.dataset_id
    LIMIT $limit
"""


@dataclass(frozen=True, kw_only=True)
class Search:
    """What a person looks for; an empty text is no condition."""

    text: str = ""
    """Start of an id, or part of a task key."""
    status: str = ""
    reward: str = "any"
    """One of `REWARD_FILTERS`."""
    verdict: str = ""
    """What `dataset_id` decided."""
    dataset_id: str = ""
    order: str = "task"
    """One of `SORTS`."""


def find(reader: Reader, search: Search) -> pl.DataFrame:
    """List the first trajectories that match."""
    parameters = {
        "text": search.text.strip(),
        "status": search.status,
        "reward": search.reward,
        "verdict": search.verdict,
        "dataset": search.dataset_id,
        "limit": FIND_LIMIT,
    }
    return reader.rows(FIND.format(order=SORTS[search.order]), parameters)


def overview(reader: Reader, trajectory_id: str) -> dict[str, Any] | None:
    """Give the facts of one trajectory; null when there is none of that id."""
    found = reader.rows(OVERVIEW, {"trajectory": trajectory_id})
    return found.row(0, named=True) if found.height else None


def children(reader: Reader, trajectory_id: str) -> pl.DataFrame:
    """List what derives from a trajectory."""
    return reader.rows(CHILDREN, {"trajectory": trajectory_id, "limit": LINK_LIMIT})


def turn_count(reader: Reader, trajectory_id: str) -> int:
    """Count messages that answer no call: what `turns` pages through."""
    query = TURN_COUNT.format(messages=_messages_of(reader, trajectory_id))
    return int(reader.rows(query, {"trajectory": trajectory_id}).item())


def views(reader: Reader, trajectory_id: str, *, dataset_id: str) -> list[str]:
    """Name the training views that a dataset labels a trajectory in."""
    parameters = {"trajectory": trajectory_id, "dataset": dataset_id, "limit": LINK_LIMIT}
    return reader.rows(VIEWS, parameters)["view"].to_list()


def turns(
    reader: Reader, trajectory_id: str, *, dataset_id: str = "", view: str = "", offset: int = 0
) -> list[dict[str, Any]]:
    """Read one page of the messages that answer no call, with their labels in one view of a dataset."""
    parameters = {
        "trajectory": trajectory_id,
        "dataset": dataset_id,
        "view": view,
        "limit": TURN_LIMIT,
        "offset": offset,
    }
    query = TURNS.format(messages=_messages_of(reader, trajectory_id))
    return reader.rows(query, parameters).to_dicts()


def observations(reader: Reader, trajectory_id: str, *, first: int, last: int) -> list[dict[str, Any]]:
    """Read the answers to the calls of messages `first` to `last`."""
    parameters = {"trajectory": trajectory_id, "first": first, "last": last, "limit": TURN_LIMIT * 50}
    query = OBSERVATIONS.format(messages=_messages_of(reader, trajectory_id))
    return reader.rows(query, parameters).to_dicts()


def words(reader: Reader, trajectory_id: str, *, seq: int, field: str) -> str:
    """Read all of one message's `field`, one of `WORD_FIELDS`."""
    if field not in WORD_FIELDS:
        raise ValueError(f"`field` must be one of {', '.join(sorted(WORD_FIELDS))}, got {field!r}")
    query = WORDS.format(field=field, messages=_messages_of(reader, trajectory_id))
    return str(reader.rows(query, {"trajectory": trajectory_id, "seq": seq}).item())


def _messages_of(reader: Reader, trajectory_id: str) -> str:
    """Name the view to read a conversation from: one that shares nothing is found many times faster in its table."""
    shared = reader.rows(SHARED_COUNT, {"trajectory": trajectory_id})["shared_count"]
    return "conversations" if shared.sum() else "messages"


def steps(reader: Reader, trajectory_id: str) -> pl.DataFrame:
    """Read the first steps with every step signal."""
    parameters = {"trajectory": trajectory_id, "limit": STEP_LIMIT}
    return beside(reader.rows(STEPS, parameters), reader.rows(STEP_SIGNALS, parameters), on=("step",))


def signals(reader: Reader, trajectory_id: str) -> pl.DataFrame:
    """Read every signal of one trajectory, as one row; no column before anything was scored."""
    return reader.rows(SIGNALS, {"trajectory": trajectory_id}).drop(
        "trajectory_id", "bucket", "task_id", "group_id"
    )


def scores(reader: Reader, trajectory_id: str) -> pl.DataFrame:
    """Read what is said of a trajectory, `told_by` its own file (rollout) or by others (verdict)."""
    return reader.rows(SCORES, {"trajectory": trajectory_id, "limit": LINK_LIMIT})


def decisions(reader: Reader, trajectory_id: str) -> pl.DataFrame:
    """Read what every dataset decided about a trajectory, current builds first."""
    return reader.rows(DECISIONS, {"trajectory": trajectory_id, "limit": LINK_LIMIT})
