"""What was asked of those who have the environments: states of stored trials to act from again."""

from schemas.tables.declaration import INTEGER, STRING, Column, Table, bucket_column, id_column

REPLAY_REQUESTS = Table(
    name="replay_requests",
    row="one state of a stored trial from which somebody was asked to act again",
    key=("request_id",),
    columns=(
        id_column("request_id", "Hash of strategy, trajectory, place and hint; a continuation echoes it."),
        bucket_column(),
        id_column("trajectory_id", "The trial; continuations have it as their parent."),
        id_column("task_id", "Its task."),
        Column(
            name="seq",
            type=INTEGER,
            doc="The message that is to be said anew: how many messages a continuation shares with the trial.",
            minimum=0,
        ),
        Column(
            name="step",
            type=INTEGER,
            doc="That message as the agent's turn, from 0: how many turns are replayed.",
            minimum=0,
        ),
        Column(name="strategy", type=STRING, doc="Who asked: a name of `REPLAY_STRATEGIES`."),
        Column(name="rule", type=STRING, doc="The strategy with its version and parameters."),
        Column(
            name="hint",
            type=STRING,
            doc="Guidance for the policy at that state; null when it gets none.",
            nullable=True,
        ),
        id_column(
            "partner_id", "The success that the place was found by; null when there is none.", nullable=True
        ),
        Column(name="budget", type=INTEGER, doc="Continuations asked for, at most.", minimum=1),
    ),
)
