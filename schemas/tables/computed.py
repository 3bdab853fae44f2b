"""What is computed from trajectories: steps and the quotient graphs.

The signals' own tables are declared beside each signal, in `curation/signals`.
"""

from schemas.tables.declaration import (
    FLAG,
    INTEGER,
    REAL,
    STRING,
    STRINGS,
    Column,
    Table,
    bucket_column,
    id_column,
)

STEPS = Table(
    name="steps",
    row="one assistant turn with the results of its calls",
    key=("trajectory_id", "step"),
    columns=(
        id_column("trajectory_id", "The trajectory."),
        bucket_column(),
        Column(name="step", type=INTEGER, doc="Order of the turn, from 0.", minimum=0),
        Column(name="seq", type=INTEGER, doc="`seq` of the assistant message.", minimum=0),
        Column(name="end_seq", type=INTEGER, doc="`seq` of its last result (or `seq` itself).", minimum=0),
        Column(
            name="call_count", type=INTEGER, doc="Calls in the turn; 0 for a turn of words only.", minimum=0
        ),
        Column(name="tool_names", type=STRINGS, doc="Names of the tools called, in order."),
        Column(name="action_key", type=STRING, doc="Hash of tool names and canonical arguments, in order."),
        Column(name="action_label", type=STRING, doc="The action for people, at most 120 characters."),
        Column(name="observation_key", type=STRING, doc="Hash of the results' text; of nothing when none."),
        Column(name="observation_label", type=STRING, doc="Start of the results, at most 120 characters."),
        Column(name="is_error", type=FLAG, doc="True when the result of any call reports a failure."),
        Column(
            name="error_kind",
            type=STRING,
            doc="Family of the first failure; null when none failed.",
            nullable=True,
        ),
    ),
)

TOPOLOGY_NODES = Table(
    name="topology_nodes",
    row="one state of a group's quotient graph: turns of its trials with equal action and observation",
    key=("group_id", "node_id"),
    columns=(
        id_column("group_id", "The group of trials."),
        bucket_column(),
        id_column("task_id", "The task of the group."),
        Column(
            name="node_id",
            type=STRING,
            doc="Hash of action and observation, or START, END_SUCCESS, END_FAILURE.",
        ),
        Column(
            name="kind",
            type=STRING,
            doc="What the node is.",
            allowed=("start", "turn", "end_success", "end_failure"),
        ),
        Column(name="action_label", type=STRING, doc="The action for people; empty for start and ends."),
        Column(
            name="observation_label", type=STRING, doc="The observation for people; empty for start and ends."
        ),
        Column(name="is_error", type=FLAG, doc="True when the turn's result reports a failure."),
        Column(name="depth", type=INTEGER, doc="Fewest edges from START.", minimum=0),
        Column(name="visit_count", type=INTEGER, doc="Distinct trials that visit it.", minimum=0),
        Column(name="success_count", type=INTEGER, doc="Those of them that succeed.", minimum=0),
        Column(
            name="success_potential",
            type=REAL,
            doc="(success_count + 1) / (visit_count + 2), Laplace; a reconstruction.",
            minimum=0,
            maximum=1,
        ),
    ),
)

TOPOLOGY_EDGES = Table(
    name="topology_edges",
    row="one move between two states of a group's quotient graph",
    key=("group_id", "source_node_id", "target_node_id"),
    columns=(
        id_column("group_id", "The group of trials."),
        bucket_column(),
        Column(name="source_node_id", type=STRING, doc="From."),
        Column(name="target_node_id", type=STRING, doc="To."),
        Column(name="trial_count", type=INTEGER, doc="Distinct trials that make the move.", minimum=1),
        Column(name="success_count", type=INTEGER, doc="Those of them that succeed.", minimum=0),
    ),
)

TOPOLOGY_TASKS = Table(
    name="topology_tasks",
    row="one group's quotient graph in figures",
    key=("group_id",),
    columns=(
        id_column("group_id", "The group of trials."),
        bucket_column(),
        id_column("task_id", "The task of the group."),
        Column(
            name="trial_count",
            type=INTEGER,
            doc="Trials with a known outcome, which the graph holds.",
            minimum=1,
        ),
        Column(name="success_count", type=INTEGER, doc="Those of them that succeed.", minimum=0),
        Column(name="node_count", type=INTEGER, doc="States, start and ends included.", minimum=2),
        Column(name="edge_count", type=INTEGER, doc="Distinct moves.", minimum=1),
        Column(
            name="shortest_success_edges",
            type=INTEGER,
            doc="Fewest edges from START to success; null when none succeeds.",
            nullable=True,
            minimum=1,
        ),
        Column(
            name="error_branch_ratio",
            type=REAL,
            doc="Share of branch edges whose target has success potential < 0.5; 0 without a branch.",
            minimum=0,
            maximum=1,
        ),
        Column(
            name="strategic_heterogeneity",
            type=REAL,
            doc="Distinct tool chains among successes / successes; 0 without a success.",
            minimum=0,
            maximum=1,
        ),
    ),
)
