"""The tables of a signal, derived from the columns that it declares."""

from schemas.tables.declaration import INTEGER, REAL, STRING, Column, Table, bucket_column, id_column

SCOPE_KEYS: dict[str, tuple[Column, ...]] = {
    "trajectory": (id_column("trajectory_id", "The trajectory."),),
    "step": (
        id_column("trajectory_id", "The trajectory."),
        Column(name="step", type=INTEGER, doc="The step.", minimum=0),
    ),
    "group": (id_column("group_id", "The trials of one policy on one task."),),
    "hit": (
        id_column("trajectory_id", "The trajectory."),
        Column(name="hit", type=INTEGER, doc="Order of the hit in the trajectory, from 0.", minimum=0),
    ),
}
SCOPE_PREFIXES = {
    "trajectory": "signals",
    "step": "step_signals",
    "group": "group_signals",
    "hit": "signal_hits",
}
HIT_COLUMNS = (
    Column(name="kind", type=STRING, doc="What was found, as a dotted path from the general to the special."),
    Column(
        name="seq",
        type=INTEGER,
        doc="`seq` of the message where it was found; null when it is of the whole trajectory.",
        nullable=True,
        minimum=0,
    ),
    Column(
        name="step",
        type=INTEGER,
        doc="The step where it was found; null when it is of no agent's turn.",
        nullable=True,
        minimum=0,
    ),
    Column(name="confidence", type=REAL, doc="Confidence of the rule that fired.", minimum=0, maximum=1),
    Column(name="snippet", type=STRING, doc="The words that fired it; null when none did.", nullable=True),
    Column(name="detail", type=STRING, doc="The values that decided, as JSON; null if none.", nullable=True),
)
"""What every hit tells, whatever signal found it."""


def signal_table(signal: str, scope: str, columns: tuple[Column, ...]) -> Table:
    """Declare the table that holds one signal's values of one scope.

    Args:
        signal: name of the signal.
        scope: trajectory, step, group or hit.
        columns: the values, without key and bucket.

    Examples:
        >>> signal_table("loops", "step", ()).name
        'step_signals_loops'
    """
    keys = SCOPE_KEYS[scope]
    return Table(
        name=f"{SCOPE_PREFIXES[scope]}_{signal}",
        row=f"the `{signal}` signal of one {scope}",
        key=tuple(column.name for column in keys),
        columns=(*keys, bucket_column(), *columns),
        is_computed=True,
    )
