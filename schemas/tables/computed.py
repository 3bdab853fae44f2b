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
    is_computed=True,
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
        Column(
            name="state_key",
            type=STRING,
            doc="Hash of action and observation in their canonical spelling: `node_id` of the quotient graph.",
        ),
        Column(
            name="is_copied",
            type=FLAG,
            doc="True for context that it did not produce: copied from another trajectory, or a demonstration.",
        ),
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
    row="one state of a task's quotient graph: turns of its trials with equal action and observation",
    key=("task_id", "node_id"),
    is_computed=True,
    columns=(
        id_column("task_id", "The task; trials of all policies are in its graph."),
        bucket_column(),
        Column(
            name="node_id",
            type=STRING,
            doc="`state_key` of its turns (of the least where states are merged), or START, END_SUCCESS, END_FAILURE.",
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
        Column(
            name="component",
            type=INTEGER,
            doc="Its place in the graph with cycles condensed: states on a common cycle share it; no move leads to a less.",
            minimum=0,
        ),
        Column(name="visit_count", type=INTEGER, doc="Distinct trials that visit it.", minimum=0),
        Column(name="success_count", type=INTEGER, doc="Those of them that succeed.", minimum=0),
        Column(
            name="policy_count", type=INTEGER, doc="Distinct policies (groups) of these trials.", minimum=1
        ),
        Column(
            name="success_potential",
            type=REAL,
            doc="(success_count + 1) / (visit_count + 2), Laplace; a reconstruction.",
            minimum=0,
            maximum=1,
        ),
        Column(
            name="success_potential_low",
            type=REAL,
            doc="Lower end of its 95 % credible interval: Beta(success_count + 1, failures + 1), equal tails.",
            minimum=0,
            maximum=1,
        ),
        Column(
            name="success_potential_high", type=REAL, doc="Upper end of the interval.", minimum=0, maximum=1
        ),
    ),
)

TOPOLOGY_EDGES = Table(
    name="topology_edges",
    row="one move between two states of a task's quotient graph",
    key=("task_id", "source_node_id", "target_node_id"),
    is_computed=True,
    columns=(
        id_column("task_id", "The task."),
        bucket_column(),
        Column(name="source_node_id", type=STRING, doc="From."),
        Column(name="target_node_id", type=STRING, doc="To."),
        Column(name="trial_count", type=INTEGER, doc="Distinct trials that make the move.", minimum=1),
        Column(name="success_count", type=INTEGER, doc="Those of them that succeed.", minimum=0),
    ),
)

TOPOLOGY_TASKS = Table(
    name="topology_tasks",
    row="one task's quotient graph in figures",
    key=("task_id",),
    is_computed=True,
    columns=(
        id_column("task_id", "The task."),
        bucket_column(),
        Column(
            name="trial_count",
            type=INTEGER,
            doc="Trials with a known outcome, which the graph holds.",
            minimum=1,
        ),
        Column(name="success_count", type=INTEGER, doc="Those of them that succeed.", minimum=0),
        Column(name="policy_count", type=INTEGER, doc="Policies (groups) that they are of.", minimum=1),
        Column(name="node_count", type=INTEGER, doc="States, start and ends included.", minimum=2),
        Column(name="edge_count", type=INTEGER, doc="Distinct moves.", minimum=1),
        Column(
            name="branch_count",
            type=INTEGER,
            doc="States that trials leave in two or more ways.",
            minimum=0,
        ),
        Column(
            name="cycle_count",
            type=INTEGER,
            doc="Sets of two or more states that lie on a common cycle.",
            minimum=0,
        ),
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
