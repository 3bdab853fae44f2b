"""What preference and reward trainers learn from: pairs of ways to go on, and labelled pieces of trajectories."""

from schemas.tables.declaration import FLAG, INTEGER, REAL, STRING, Column, Table, bucket_column, id_column

SUBJECT_COLUMNS = (
    Column(
        name="subject_id",
        type=STRING,
        doc="Of critiques: the trajectory that is judged, which may be a corrupted child; null for words of a trajectory.",
        nullable=True,
    ),
    Column(
        name="question",
        type=STRING,
        doc="Of critiques: what the critic is asked behind the record of the subject; null for words of a trajectory.",
        nullable=True,
    ),
    Column(
        name="result_chars",
        type=INTEGER,
        doc="Of critiques: characters of one tool result that the prompt shows at most; null: all, or no critique.",
        nullable=True,
        minimum=1,
    ),
)
"""What a critique's prompt is made of; the prompt itself is written from the subject when it is exported."""

PAIRS = Table(
    name="pairs",
    row="two ways to go on from one context, of which one is better",
    key=("dataset_id", "pair_id"),
    columns=(
        id_column("dataset_id", "The dataset."),
        bucket_column(),
        id_column("pair_id", "Hash of the rule's name, which of that name it is, and both places."),
        id_column("set_id", "Hash of the context: pairs that go on from one context share it."),
        id_column("task_id", "The task of both."),
        Column(name="rule", type=STRING, doc="Name of the rule that paired them."),
        Column(
            name="context_count",
            type=INTEGER,
            doc="Messages at the start that both trajectories have word for word, which both sides go on from; of critiques "
            "all of the subject.",
            minimum=0,
        ),
        id_column("chosen_id", "Trajectory of the better side."),
        Column(
            name="chosen_until", type=INTEGER, doc="`seq` behind the better side's last message.", minimum=1
        ),
        id_column("rejected_id", "Trajectory of the worse side."),
        Column(
            name="rejected_until", type=INTEGER, doc="`seq` behind the worse side's last message.", minimum=1
        ),
        Column(
            name="margin",
            type=REAL,
            doc="By how much the better side is better, in the rule's unit; null when the rule knows none.",
            nullable=True,
        ),
        Column(name="detail", type=STRING, doc="The values that decided, for people."),
        *SUBJECT_COLUMNS,
        Column(
            name="chosen_text",
            type=STRING,
            doc="Of critiques: the better side's words; null when they are the trajectory's.",
            nullable=True,
        ),
        Column(
            name="rejected_text",
            type=STRING,
            doc="Of critiques: the worse side's words; null when they are the trajectory's.",
            nullable=True,
        ),
    ),
)

SAMPLES = Table(
    name="samples",
    row="one piece of a trajectory with a label",
    key=("dataset_id", "sample_id"),
    columns=(
        id_column("dataset_id", "The dataset."),
        bucket_column(),
        id_column("sample_id", "Hash of the rule's name, which of that name it is, and the place."),
        id_column("task_id", "The task."),
        Column(name="rule", type=STRING, doc="Name of the rule that labelled it."),
        id_column("trajectory_id", "The trajectory."),
        Column(
            name="context_count",
            type=INTEGER,
            doc="Messages before the piece: `seq` of its first message.",
            minimum=0,
        ),
        Column(name="until", type=INTEGER, doc="`seq` behind its last message.", minimum=1),
        Column(name="is_good", type=FLAG, doc="The label; null when only a value is known.", nullable=True),
        Column(
            name="value",
            type=REAL,
            doc="The value that the label comes from, in the rule's unit; null when only the label is known.",
            nullable=True,
        ),
        Column(name="detail", type=STRING, doc="The values that decided, for people."),
        *SUBJECT_COLUMNS,
        Column(
            name="text",
            type=STRING,
            doc="Of critiques: the words that are labelled; null when they are the trajectory's.",
            nullable=True,
        ),
    ),
)
