"""Labels of corrupted trajectories: which fault was put where."""

from schemas.tables.declaration import FLAG, INTEGER, STRING, Column, Table, bucket_column, id_column

CORRUPTIONS = Table(
    name="corruptions",
    row="one corrupted trajectory with the fault that was put into it",
    key=("child_id",),
    columns=(
        id_column("child_id", "The corrupted trajectory."),
        bucket_column(),
        id_column(
            "parent_id", "The trajectory that it was made of; with its children it is a contrastive set."
        ),
        id_column("task_id", "The parent's task, by which contrastive sets are kept on one side of a split."),
        Column(name="mode", type=STRING, doc="The kind of corruption: a name of `CORRUPTIONS`."),
        Column(
            name="taxonomy",
            type=STRING,
            doc="Published name of the fault, `SYSTEM:NAME`, as `aegis:FM-3.1`; null for a kind of ours.",
            nullable=True,
        ),
        Column(
            name="strategy",
            type=STRING,
            doc="Where the fault enters: what the agent reads, what it says or calls, or its steps as a whole.",
            allowed=("prompt_injection", "response_corruption", "step_edit"),
        ),
        Column(
            name="seq",
            type=INTEGER,
            doc="First message of the child that is not the parent's at that place; null: the child only ends earlier.",
            nullable=True,
            minimum=0,
        ),
        Column(
            name="step",
            type=INTEGER,
            doc="The agent's turn at or right before `seq`, from 0; null before its first turn, and where `seq` is null.",
            nullable=True,
            minimum=0,
        ),
        Column(name="detail", type=STRING, doc="What was changed, from what and to what, as a JSON object."),
        Column(
            name="is_injection_successful",
            type=FLAG,
            doc="The parent is correct and the child is not, by one and the same checker; null: no checker has judged.",
            nullable=True,
        ),
        Column(
            name="builder",
            type=STRING,
            doc="Who set that flag, or would: its meaning differs between builders (`winnow`: as told above).",
        ),
    ),
)
