"""What files other than the rollouts' own say about rollouts: reports, label files, annotations."""

from schemas.tables.declaration import FLAG, INTEGER, REAL, STRING, Column, Table, bucket_column, id_column
from schemas.trajectory import ScoreSource

VERDICTS = Table(
    name="verdicts",
    row="one score whose rollout lives in another file, whether that rollout is here or not",
    key=("verdict_id",),
    columns=(
        id_column("verdict_id", "Hash of the raw record, the verdict's place in it, and its keys."),
        bucket_column("record"),
        id_column("record_id", "The raw record that says it."),
        id_column("source_id", "The file that said it last; one that is replaced says nothing any more."),
        Column(name="verdict_index", type=INTEGER, doc="Order in that record, from 0.", minimum=0),
        Column(
            name="is_outcome", type=FLAG, doc="It counts as final reward where the rollout itself tells none."
        ),
        Column(
            name="task_key", type=STRING, doc="The task judged; null when another key says it.", nullable=True
        ),
        Column(name="benchmark", type=STRING, doc="The task's suite; null fits every suite.", nullable=True),
        Column(name="trial", type=INTEGER, doc="The trial judged; null fits every trial.", nullable=True),
        Column(name="agent", type=STRING, doc="The agent judged; null fits every agent.", nullable=True),
        Column(name="model", type=STRING, doc="The model judged; null fits every model.", nullable=True),
        Column(
            name="run",
            type=STRING,
            doc="A folder or file name on the path of the rollout judged; null fits every path.",
            nullable=True,
        ),
        Column(
            name="judges",
            type=STRING,
            doc="What the user said this file judges: a source name or a glob of paths; null when not said.",
            nullable=True,
        ),
        Column(name="name", type=STRING, doc="Name of the score."),
        Column(name="value", type=REAL, doc="The verdict, any range; null is no verdict.", nullable=True),
        Column(name="source", type=STRING, doc="Who judged.", allowed=tuple(ScoreSource)),
        Column(
            name="scope", type=STRING, doc="What of it was judged.", allowed=("trajectory", "step", "span")
        ),
        Column(name="step", type=INTEGER, doc="The step; null for the whole trajectory.", nullable=True),
        Column(
            name="annotator", type=STRING, doc="Which judge or person; null when not given.", nullable=True
        ),
        Column(name="explanation", type=STRING, doc="Why; null when not given.", nullable=True),
        Column(
            name="extra", type=STRING, doc="Other fields of the source, as JSON; null if none.", nullable=True
        ),
    ),
)
