"""Where success and failure of a task part: its decision points, computed from the trials' walks."""

from schemas.tables.declaration import INTEGER, REAL, STRING, Column, Table, bucket_column, id_column

BRANCH_POINTS = Table(
    name="branch_points",
    row="one state of a task after which trials act differently, and not equally well",
    key=("task_id", "node_id"),
    is_computed=True,
    columns=(
        id_column("task_id", "The task."),
        bucket_column(),
        Column(name="node_id", type=STRING, doc="The state: hash of action and observation, or START."),
        Column(
            name="state_action", type=STRING, doc="The action that led there, for people; empty at START."
        ),
        Column(name="state_observation", type=STRING, doc="What it gave, for people; empty at START."),
        Column(
            name="trial_count",
            type=INTEGER,
            doc="Trials of known outcome that come there, of all policies, each at its first visit.",
            minimum=2,
        ),
        Column(name="success_count", type=INTEGER, doc="Those of them that succeed.", minimum=1),
        Column(name="action_count", type=INTEGER, doc="Different next actions, stopping is one.", minimum=2),
        Column(name="best_action", type=STRING, doc="The next action that fares best; `stop` for none."),
        Column(
            name="best_action_key", type=STRING, doc="Its `action_key`: labels are cut and may look alike."
        ),
        Column(name="best_trial_count", type=INTEGER, doc="Trials that take it.", minimum=1),
        Column(name="best_success_count", type=INTEGER, doc="Those of them that succeed.", minimum=1),
        Column(name="worst_action", type=STRING, doc="The next action that fares worst; `stop` for none."),
        Column(
            name="worst_action_key", type=STRING, doc="Its `action_key`: labels are cut and may look alike."
        ),
        Column(name="worst_trial_count", type=INTEGER, doc="Trials that take it.", minimum=1),
        Column(name="worst_success_count", type=INTEGER, doc="Those of them that succeed.", minimum=0),
        Column(
            name="success_rate_difference",
            type=REAL,
            doc="Success rate after the best action less that after the worst, in (0, 1].",
            minimum=0,
            maximum=1,
        ),
        Column(
            name="relative_difference",
            type=REAL,
            doc="The same with every outcome taken relative to its policy's success rate on the task: near 0 where the "
            "two actions only tell two policies apart.",
            minimum=-2,
            maximum=2,
        ),
        Column(
            name="fisher_p",
            type=REAL,
            doc="Two-sided p of Fisher's exact test on the two actions' counts; the actions were chosen by these counts, "
            "so it orders points and proves nothing.",
            minimum=0,
            maximum=1,
        ),
    ),
)
