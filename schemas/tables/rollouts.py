"""What the records say: tasks, trajectories, messages, tool schemas, scores."""

import pyarrow as pa

from schemas.tables.declaration import INTEGER, REAL, STRING, Column, Table, bucket_column, id_column
from schemas.trajectory import Origin, Relation, Role, ScoreSource, Status

TASKS = Table(
    name="tasks",
    row="one problem that rollouts attempt",
    key=("task_id",),
    columns=(
        id_column("task_id", "Hash of benchmark and task key."),
        bucket_column(),
        Column(name="benchmark", type=STRING, doc="The suite that the task belongs to."),
        Column(name="task_key", type=STRING, doc="The suite's own name of the task."),
        Column(name="split", type=STRING, doc="The suite's split; null when it has none.", nullable=True),
        Column(
            name="instruction",
            type=STRING,
            doc="What the policy is told; null when it is only in the messages.",
            nullable=True,
        ),
        Column(
            name="policy", type=STRING, doc="The environment's rules; null when not given.", nullable=True
        ),
    ),
)

TASK_SECRETS = Table(
    name="task_secrets",
    row="what no policy may see of one task: gold answers, private instructions, a grader's words on one trial",
    key=("secrets_id",),
    is_quarantined=True,
    columns=(
        id_column(
            "secrets_id",
            "Hash of the task and of what is said: trials that differ in it have rows of their own.",
        ),
        id_column("task_id", "The task."),
        bucket_column(),
        Column(
            name="gold_actions", type=STRING, doc="Gold calls as exact JSON; null if none.", nullable=True
        ),
        Column(
            name="gold_outputs", type=STRING, doc="Gold answers as exact JSON; null if none.", nullable=True
        ),
        Column(
            name="private_instruction",
            type=STRING,
            doc="What only the user simulator knows; null if none.",
            nullable=True,
        ),
        Column(name="extra", type=STRING, doc="Other private fields as JSON; null if none.", nullable=True),
    ),
)

TOOLSETS = Table(
    name="toolsets",
    row="one set of tool schemas, by content",
    key=("toolset_id",),
    columns=(
        id_column("toolset_id", "Hash of `tools`."),
        Column(name="tools", type=STRING, doc="The exact JSON array of tool schemas."),
        Column(name="tool_count", type=INTEGER, doc="Tools in it.", minimum=0),
    ),
)

TRAJECTORIES = Table(
    name="trajectories",
    row="one rollout, or one repair or corruption of a rollout",
    key=("trajectory_id",),
    columns=(
        id_column(
            "trajectory_id",
            "Hash of the raw record and its part; for a repair or a corruption, of parent and rule.",
        ),
        bucket_column(),
        id_column("task_id", "The task attempted."),
        id_column("group_id", "Trials of one policy on one task: hash of task, agent and model."),
        id_column("record_id", "The raw record that it came from."),
        Column(name="record_part", type=INTEGER, doc="Which trajectory of that record, from 0.", minimum=0),
        Column(name="source_name", type=STRING, doc="The user's name for the source."),
        Column(name="source_format", type=STRING, doc="The rollout format."),
        Column(
            name="trial", type=INTEGER, doc="Trial number of the source; null when not given.", nullable=True
        ),
        Column(name="agent", type=STRING, doc="Scaffold or agent; null when not given.", nullable=True),
        Column(name="model", type=STRING, doc="Model that sampled; null when not given.", nullable=True),
        Column(name="status", type=STRING, doc="How it ended.", allowed=tuple(Status)),
        Column(
            name="termination_reason",
            type=STRING,
            doc="The source's word for it; null if none.",
            nullable=True,
        ),
        Column(
            name="outcome_reward",
            type=REAL,
            doc="Final reward of the environment, any range; null is unknown, never 0.",
            nullable=True,
        ),
        Column(name="cost_usd", type=REAL, doc="Cost of the policy; null is unknown.", nullable=True),
        Column(
            name="prompt_tokens", type=INTEGER, doc="Tokens read; null is unknown.", nullable=True, minimum=0
        ),
        Column(
            name="completion_tokens",
            type=INTEGER,
            doc="Tokens sampled; null is unknown.",
            nullable=True,
            minimum=0,
        ),
        Column(
            name="message_count",
            type=INTEGER,
            doc="Messages of the whole conversation, shared ones too.",
            minimum=1,
        ),
        Column(
            name="shared_count",
            type=INTEGER,
            doc="Messages at its start that are its parent's and are stored there only; 0 but for branches.",
            minimum=0,
        ),
        id_column(
            "toolset_id", "Tool schemas that the policy saw; null when the source has none.", nullable=True
        ),
        id_column("parent_id", "The trajectory that it derives from; null for an attempt.", nullable=True),
        Column(name="relation", type=STRING, doc="How it derives from its parent.", allowed=tuple(Relation)),
        Column(
            name="repair_rule",
            type=STRING,
            doc="Rule of the repair or corruption; null otherwise.",
            nullable=True,
        ),
        Column(
            name="extra",
            type=STRING,
            doc="Source fields without a column, as JSON; null if none.",
            nullable=True,
        ),
    ),
)

TOOL_CALL = pa.struct(
    [
        pa.field("call_id", pa.string()),
        pa.field("name", pa.string(), nullable=False),
        pa.field("arguments", pa.string(), nullable=False),
        pa.field("result_seq", pa.int64()),
        pa.field("extra", pa.string()),
    ]
)

MESSAGES = Table(
    name="messages",
    row="one message of a trajectory",
    key=("trajectory_id", "seq"),
    columns=(
        id_column("trajectory_id", "The trajectory."),
        bucket_column(),
        Column(name="seq", type=INTEGER, doc="Order in the trajectory, from 0, without gaps.", minimum=0),
        Column(name="role", type=STRING, doc="Who speaks.", allowed=tuple(Role)),
        Column(name="origin", type=STRING, doc="Where the words come from.", allowed=tuple(Origin)),
        Column(name="text", type=STRING, doc="Plain text; null when the source had none.", nullable=True),
        Column(
            name="content_json",
            type=STRING,
            doc="Exact JSON of content in parts; null when the content was plain text.",
            nullable=True,
        ),
        Column(
            name="reasoning", type=STRING, doc="Reasoning apart from the text; null if none.", nullable=True
        ),
        Column(
            name="tool_calls",
            type=pa.list_(TOOL_CALL),
            doc="Calls with the raw argument string, and `result_seq` of the answer (null: unanswered).",
        ),
        Column(
            name="text_calls",
            type=pa.list_(TOOL_CALL),
            doc="Actions that the scaffold took from the text, as the source tells them; no export writes them.",
        ),
        Column(
            name="tool_call_id",
            type=STRING,
            doc="On a tool message: the id it answers; else null.",
            nullable=True,
        ),
        Column(
            name="call_seq",
            type=INTEGER,
            doc="On a tool message: `seq` of the calling message; null for an orphan and other roles.",
            nullable=True,
        ),
        Column(name="name", type=STRING, doc="Tool or speaker name; null when not given.", nullable=True),
        Column(name="reward", type=REAL, doc="Reward at this message; null is none.", nullable=True),
        Column(
            name="prompt_tokens",
            type=INTEGER,
            doc="Tokens read for it; null is unknown.",
            nullable=True,
            minimum=0,
        ),
        Column(
            name="completion_tokens",
            type=INTEGER,
            doc="Its sampled tokens; null is unknown.",
            nullable=True,
            minimum=0,
        ),
        Column(
            name="extra",
            type=STRING,
            doc="Source fields without a column, as JSON; null if none.",
            nullable=True,
        ),
    ),
)

SCORES = Table(
    name="scores",
    row="one verdict on a trajectory or a step",
    key=("trajectory_id", "score_index"),
    columns=(
        id_column("trajectory_id", "What was judged."),
        bucket_column(),
        Column(
            name="score_index", type=INTEGER, doc="Order among the trajectory's scores, from 0.", minimum=0
        ),
        Column(
            name="scope", type=STRING, doc="What of it was judged.", allowed=("trajectory", "step", "span")
        ),
        Column(name="step", type=INTEGER, doc="The step; null for the whole trajectory.", nullable=True),
        Column(name="name", type=STRING, doc="Name of the score."),
        Column(name="value", type=REAL, doc="The verdict, any range; null is no verdict.", nullable=True),
        Column(name="source", type=STRING, doc="Who judged.", allowed=tuple(ScoreSource)),
        Column(
            name="annotator", type=STRING, doc="Which judge or person; null when not given.", nullable=True
        ),
        Column(name="explanation", type=STRING, doc="Why; null when not given.", nullable=True),
    ),
)
