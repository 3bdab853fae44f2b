"""How the warehouse was worked on: what is up to date, and which runs there were."""

from schemas.tables.declaration import INTEGER, MOMENT, STRING, Column, Table, bucket_column, id_column

BUCKET_STATES = Table(
    name="bucket_states",
    row="one stage of scoring, or the scan, that is up to date for one bucket",
    key=("stage", "bucket"),
    columns=(
        Column(
            name="stage",
            type=STRING,
            doc="`steps`, `topology`, `signal:NAME`, or `privacy`; or `rollouts`, see `stage_version`.",
        ),
        bucket_column(),
        Column(
            name="stage_version",
            type=STRING,
            doc="Version and parameters of the computation; of `rollouts`, the version of each table that was read, as JSON.",
        ),
        Column(
            name="input_fingerprint",
            type=STRING,
            doc="Hash of the trajectories that it was computed from; empty while it is computed anew.",
        ),
    ),
)

TASK_STATES = Table(
    name="task_states",
    row="one task as it was when its bucket was last scored: what differs now is computed anew",
    key=("task_id",),
    is_computed=True,
    columns=(
        id_column("task_id", "The task."),
        bucket_column(),
        Column(
            name="fingerprint",
            type=STRING,
            doc="Hash of its trajectories and of the verdicts of other files on them.",
        ),
        Column(name="trajectory_count", type=INTEGER, doc="Its trajectories, without repairs.", minimum=1),
    ),
)

RUNS = Table(
    name="runs",
    row="one finished run of a flow: a log of what happened, and the one table that holds times",
    key=("run_id",),
    columns=(
        id_column("run_id", "Prefect's id of the flow run."),
        Column(name="flow", type=STRING, doc="Which flow."),
        Column(
            name="state",
            type=STRING,
            doc="How it ended; a killed run leaves no row.",
            allowed=("completed", "failed"),
        ),
        Column(name="started_at", type=MOMENT, doc="When it began, UTC."),
        Column(name="finished_at", type=MOMENT, doc="When it ended, UTC."),
        Column(
            name="figures", type=STRING, doc="What it counted, as JSON; null when it failed.", nullable=True
        ),
        Column(name="detail", type=STRING, doc="Why it failed; null when it completed.", nullable=True),
    ),
)
