"""What recipes decided and what left: decisions, training views, datasets, exports, lineage."""

import pyarrow as pa

from schemas.reasons import DecisionReason, TrainReason
from schemas.tables.declaration import FLAG, INTEGER, REAL, STRING, Column, Table, bucket_column, id_column

DECISIONS = Table(
    name="decisions",
    row="one decision of one recipe about one trajectory",
    key=("dataset_id", "trajectory_id"),
    columns=(
        id_column("dataset_id", "The dataset that the decision shaped."),
        bucket_column(),
        id_column("trajectory_id", "The trajectory decided upon."),
        id_column("task_id", "Its task."),
        Column(name="verdict", type=STRING, doc="What was decided.", allowed=("kept", "dropped", "repaired")),
        Column(
            name="rule",
            type=STRING,
            doc="The rule that decided: `read`, `repair:NAME`, `select:N:NAME`, `end`.",
        ),
        Column(name="reason", type=STRING, doc="Stable reason code.", allowed=tuple(DecisionReason)),
        Column(
            name="detail",
            type=STRING,
            doc="The values that decided, for people; of what is kept what each rule saw; null if none.",
            nullable=True,
        ),
        id_column(
            "child_id", "For `repaired`: the trajectory that takes its place; else null.", nullable=True
        ),
        Column(name="split", type=STRING, doc="Split of a kept trajectory; null otherwise.", nullable=True),
        Column(
            name="inclusion_probability",
            type=REAL,
            doc="The chance that the rules which draw lots had of keeping it, multiplied over those that saw it: weigh "
            "a kept row by its inverse for unbiased totals; null when no rule drew lots.",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
    ),
)

SPAN = pa.struct(
    [
        pa.field("part", pa.string(), nullable=False),
        pa.field("call", pa.int64()),
        pa.field("begin", pa.int64(), nullable=False),
        pa.field("end", pa.int64()),
        pa.field("is_trained", pa.bool_(), nullable=False),
        pa.field("weight", pa.float64(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
    ]
)

TRAIN_LABELS = Table(
    name="train_labels",
    row="one message of a kept trajectory, as a trainer should see it in one training view",
    key=("dataset_id", "view", "trajectory_id", "seq"),
    columns=(
        id_column("dataset_id", "The dataset."),
        Column(name="view", type=STRING, doc="The training view, a name of the recipe's `train`."),
        bucket_column(),
        id_column("trajectory_id", "The trajectory."),
        Column(name="seq", type=INTEGER, doc="The message.", minimum=0),
        Column(name="is_trained", type=FLAG, doc="True when its tokens carry loss; else it is context."),
        Column(name="weight", type=REAL, doc="Loss weight; 0 for context.", minimum=0),
        Column(
            name="advantage",
            type=REAL,
            doc="Advantage of its trained tokens, the group advantage (GRPO) unless a rule says otherwise; null when "
            "unknown, and for context.",
            nullable=True,
        ),
        Column(name="reason", type=STRING, doc="Stable reason code.", allowed=tuple(TrainReason)),
        Column(
            name="spans",
            type=pa.list_(SPAN),
            doc="Where it is not as the rest of the message: `part` (text, reasoning, call), `call` (index, null but "
            "for calls), characters from `begin` to `end` (null: to the end; in a call's raw arguments, and from 0 to "
            "null the whole call), with a label of their own; of two that overlap the later counts.",
        ),
    ),
)

DATASETS = Table(
    name="datasets",
    row="one curated dataset: the outcome of one recipe on one state of the tables",
    key=("dataset_id",),
    columns=(
        id_column("dataset_id", "Hash of recipe, input fingerprint and code version."),
        Column(name="name", type=STRING, doc="The recipe's name."),
        Column(name="recipe_hash", type=STRING, doc="Hash of the recipe's meaning (not of its layout)."),
        Column(name="recipe", type=STRING, doc="The recipe as canonical JSON."),
        Column(
            name="input_fingerprint", type=STRING, doc="Hash of the trajectories and signal versions read."
        ),
        Column(name="code_version", type=STRING, doc="Winnow's version and a hash of its computing code."),
        Column(name="table_versions", type=STRING, doc="Version of each table that was read, as JSON."),
        Column(
            name="read_count", type=INTEGER, doc="Trajectories considered, repairs not counted.", minimum=0
        ),
        Column(name="repaired_count", type=INTEGER, doc="Of these, replaced by a repair.", minimum=0),
        Column(name="added_count", type=INTEGER, doc="Repairs that stand beside their parents.", minimum=0),
        Column(name="kept_count", type=INTEGER, doc="Kept, repairs included.", minimum=0),
        Column(name="dropped_count", type=INTEGER, doc="Dropped, repairs included.", minimum=0),
        Column(name="decision_counts", type=STRING, doc="Count per rule and reason, as JSON."),
    ),
)

DATASET_HEADS = Table(
    name="dataset_heads",
    row="one dataset name and the build that it means now",
    key=("name",),
    columns=(
        Column(name="name", type=STRING, doc="The recipe's name."),
        id_column("dataset_id", "The build that was curated last under this name."),
    ),
)

EXPORTS = Table(
    name="exports",
    row="one dataset written out in one training format",
    key=("export_id",),
    columns=(
        id_column("export_id", "Hash of dataset, format and its parameters."),
        id_column("dataset_id", "The dataset."),
        Column(name="format", type=STRING, doc="Training format."),
        Column(name="parameters", type=STRING, doc="Parameters of the format as JSON."),
        Column(name="row_count", type=INTEGER, doc="Rows over all files.", minimum=0),
        Column(name="files", type=STRING, doc="Name, split, rows, bytes and SHA-256 of each file, as JSON."),
        Column(name="losses", type=STRING, doc="What the format could not carry, with counts, as JSON."),
    ),
)

LINEAGE = Table(
    name="lineage",
    row="one derivation, in PROV terms: the child was derived from the parent by the activity",
    key=("child_id", "parent_id"),
    columns=(
        id_column("child_id", "The derived entity."),
        Column(
            name="child_kind", type=STRING, doc="What it is.", allowed=("trajectory", "dataset", "export")
        ),
        id_column("parent_id", "The entity that it derives from."),
        Column(
            name="parent_kind",
            type=STRING,
            doc="What that is.",
            allowed=("record", "trajectory", "dataset", "recipe"),
        ),
        Column(name="relation", type=STRING, doc="PROV relation.", allowed=("wasDerivedFrom",)),
        Column(
            name="activity", type=STRING, doc="What derived it: `repair:NAME`, `curate`, `export:FORMAT`."
        ),
    ),
)
