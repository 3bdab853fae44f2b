"""Groups of trials and the quotient graphs of their tasks: the questions of the task page.

Figures of success are the group's own; a graph holds the trials of all policies on the task.
"""

from typing import Any

import polars as pl

from dashboards.reader import MAX_ROWS, Reader, beside

GROUP_LIMIT = 200
TRIAL_LIMIT = 200
EDGE_LIMIT = 3_000
NODE_LIMIT = 300
"""Most states that a graph may draw."""
STEP_LIMIT = 2_000

SORTS = {
    "pass rate, lowest first": "pass_rate ASC NULLS LAST, task_key, group_id",
    "pass rate, highest first": "pass_rate DESC NULLS LAST, task_key, group_id",
    "error branch ratio, highest first": "error_branch_ratio DESC NULLS LAST, task_key, group_id",
    "strategic heterogeneity, highest first": "strategic_heterogeneity DESC NULLS LAST, task_key, group_id",
    "trials, most first": "trial_count DESC, task_key, group_id",
    "task": "benchmark, task_key, group_id",
}
"""Orders that a person may choose, and the SQL of each."""

GROUPS = """
    WITH groups AS (
        SELECT
            group_id, any_value(task_id) AS task_id, any_value(agent) AS agent, any_value(model) AS model,
            count(*) AS trial_count, count(is_success) AS scored_count,
            count(*) FILTER (WHERE is_success) AS success_count
        FROM trajectory_overview
        WHERE relation = 'attempt'
        GROUP BY group_id
    )
    SELECT
        g.group_id, t.benchmark, left(t.task_key, 80) AS task_key, left(g.agent, 60) AS agent,
        left(g.model, 60) AS model, g.trial_count, g.success_count,
        g.success_count / nullif(g.scored_count, 0) AS pass_rate, graph.error_branch_ratio,
        graph.strategic_heterogeneity, graph.node_count
    FROM groups AS g
    LEFT JOIN tasks AS t USING (task_id)
    LEFT JOIN topology_tasks AS graph USING (task_id)
    WHERE ($text = '' OR starts_with(g.group_id, lower($text))
            OR contains(lower(concat_ws(' ', t.benchmark, t.task_key, g.agent, g.model)), lower($text)))
        AND (NOT $mixed OR (g.success_count > 0 AND g.success_count < g.scored_count))
    ORDER BY {order}
    LIMIT $limit
"""

GROUP = """
    SELECT
        g.group_id, g.task_id, t.benchmark, left(t.task_key, 200) AS task_key, left(t.instruction, 4000) AS instruction,
        left(g.agent, 200) AS agent, left(g.model, 200) AS model, g.scored_count, g.success_count,
        graph.trial_count AS graph_trial_count, graph.policy_count, graph.node_count, graph.edge_count,
        graph.shortest_success_edges, graph.error_branch_ratio, graph.strategic_heterogeneity
    FROM (
        SELECT
            group_id, any_value(task_id) AS task_id, any_value(agent) AS agent, any_value(model) AS model,
            count(is_success) FILTER (WHERE relation = 'attempt') AS scored_count,
            count(*) FILTER (WHERE relation = 'attempt' AND is_success) AS success_count
        FROM trajectory_overview
        WHERE group_id = $group
        GROUP BY group_id
    ) AS g
    LEFT JOIN tasks AS t USING (task_id)
    LEFT JOIN topology_tasks AS graph USING (task_id)
"""

GROUP_SIGNALS = "SELECT * FROM group_signals WHERE group_id = $group LIMIT 1"

NODES = """
    SELECT
        node_id, kind, action_label, observation_label, is_error, depth, visit_count, success_count, policy_count,
        success_potential, success_potential_low, success_potential_high
    FROM topology_nodes
    WHERE task_id = $task
    ORDER BY kind = 'turn', visit_count DESC, depth, node_id
    LIMIT $limit
"""

EDGES = """
    SELECT source_node_id, target_node_id, trial_count, success_count
    FROM topology_edges
    WHERE task_id = $task AND list_contains($nodes, source_node_id) AND list_contains($nodes, target_node_id)
    ORDER BY trial_count DESC, source_node_id, target_node_id
    LIMIT $limit
"""

TRIALS = """
    SELECT
        trajectory_id, trial, status, outcome_reward, is_success, message_count, step_count, error_step_count, relation
    FROM trajectory_overview
    WHERE group_id = $group AND relation <> 'corruption'
    ORDER BY relation = 'repair', trial NULLS LAST, trajectory_id
    LIMIT $limit
"""

TRIAL_SIGNALS = (
    "SELECT * EXCLUDE (bucket, task_id, group_id) FROM signals WHERE group_id = $group LIMIT $limit"
)

WALK = """
    SELECT state_key
    FROM steps
    WHERE trajectory_id = $trajectory AND NOT is_copied
        AND state_key IN (SELECT node_id FROM topology_nodes WHERE task_id = $task)
    ORDER BY step
    LIMIT $limit
"""


def groups(reader: Reader, *, text: str = "", is_mixed: bool = False, order: str = "task") -> pl.DataFrame:
    """List the first groups that match.

    Args:
        reader: the warehouse.
        text: start of an id, or part of benchmark, task key, agent or model.
        is_mixed: only groups of which some trials succeed and some do not.
        order: one of `SORTS`.
    """
    parameters = {"text": text.strip(), "mixed": is_mixed, "limit": GROUP_LIMIT}
    return reader.rows(GROUPS.format(order=SORTS[order]), parameters)


def group(reader: Reader, group_id: str) -> dict[str, Any] | None:
    """Give the facts of one group; null when there is none of that id."""
    found = reader.rows(GROUP, {"group": group_id})
    return found.row(0, named=True) if found.height else None


def group_signals(reader: Reader, group_id: str) -> pl.DataFrame:
    """Read every signal of one group, as one row; no column before anything was scored."""
    return reader.rows(GROUP_SIGNALS, {"group": group_id}).drop("group_id", "bucket", "task_id")


def nodes(reader: Reader, task_id: str, *, limit: int) -> pl.DataFrame:
    """Read start, ends and the most visited states of a task's graph."""
    return reader.rows(NODES, {"task": task_id, "limit": min(limit, NODE_LIMIT)})


def edges(reader: Reader, task_id: str, node_ids: list[str]) -> pl.DataFrame:
    """Read the moves among these states, those of most trials first."""
    return reader.rows(EDGES, {"task": task_id, "nodes": node_ids, "limit": EDGE_LIMIT})


def trials(reader: Reader, group_id: str) -> pl.DataFrame:
    """List a group's trials with every trajectory signal; repairs come last."""
    facts = reader.rows(TRIALS, {"group": group_id, "limit": TRIAL_LIMIT})
    signals = reader.rows(TRIAL_SIGNALS, {"group": group_id, "limit": MAX_ROWS})
    return beside(facts, signals, on=("trajectory_id",))


def walk(reader: Reader, task_id: str, trajectory_id: str, *, is_success: bool | None) -> list[str]:
    """Name the states that a trial goes through in its task's graph, from start to end.

    Steps that the graph passes over (turns of words only, copied ones) are passed over here too.

    Args:
        reader: the warehouse.
        task_id: whose graph.
        trajectory_id: the trial.
        is_success: how it ended; null when that is unknown.

    Returns:
        Node ids; empty when the graph does not hold the trial (a repair, or an unknown outcome).
    """
    found = reader.rows(WALK, {"trajectory": trajectory_id, "task": task_id, "limit": STEP_LIMIT})
    turns = found["state_key"].to_list()
    if is_success is None or not turns:
        return []
    return ["START", *turns, "END_SUCCESS" if is_success else "END_FAILURE"]
