"""The tables of a signal, derived from the columns that it declares."""

from schemas.tables.declaration import INTEGER, Column, Table, bucket_column, id_column

SCOPE_KEYS: dict[str, tuple[Column, ...]] = {
    "trajectory": (id_column("trajectory_id", "The trajectory."),),
    "step": (
        id_column("trajectory_id", "The trajectory."),
        Column(name="step", type=INTEGER, doc="The step.", minimum=0),
    ),
    "group": (id_column("group_id", "The trials of one policy on one task."),),
}
SCOPE_PREFIXES = {"trajectory": "signals", "step": "step_signals", "group": "group_signals"}


def signal_table(signal: str, scope: str, columns: tuple[Column, ...]) -> Table:
    """Declare the table that holds one signal's values of one scope.

    Args:
        signal: name of the signal.
        scope: trajectory, step or group.
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
    )
