"""The texts of training trajectories that may hold a benchmark's task, one row each."""

from collections.abc import Collection, Iterable
from typing import Literal, get_args

import polars as pl

Field = Literal[
    "instruction", "private_instruction", "policy", "system", "user", "assistant", "reasoning", "tool"
]
"""Where a text stands: on the task (`instruction`, `private_instruction`, `policy`), what one role says, or what the assistant thinks."""

PRIVATE_FIELD = "private_instruction"
"""What only the user simulator knows: searched, never quoted."""
FIELDS: tuple[Field, ...] = get_args(Field)
TASK_FIELDS = ("instruction", PRIVATE_FIELD, "policy")

TEXT_SCHEMA = pl.Schema({"trajectory_id": pl.String, "seq": pl.Int64, "field": pl.String, "text": pl.String})
"""Columns of the training texts; `seq` is that of the message, and null for a text of the task."""


def message_texts(messages: pl.DataFrame, fields: Collection[str]) -> pl.DataFrame:
    """Give the texts of messages.

    Args:
        messages: rows of the table `messages`.
        fields: which of `FIELDS` to give.

    Returns:
        Rows under `TEXT_SCHEMA`, empty texts left out.
    """
    said = [
        messages.filter(pl.col("role") == role).select(
            "trajectory_id", "seq", field=pl.lit(field), text=pl.col(column)
        )
        for field, role, column in (
            ("system", "system", "text"),
            ("user", "user", "text"),
            ("assistant", "assistant", "text"),
            ("reasoning", "assistant", "reasoning"),
            ("tool", "tool", "text"),
        )
        if field in fields
    ]
    return _texts(said)


def task_texts(trajectories: pl.DataFrame, tasks: pl.DataFrame, fields: Collection[str]) -> pl.DataFrame:
    """Give the texts of the tasks of trajectories.

    Args:
        trajectories: `trajectory_id` and `task_id`.
        tasks: `task_id` and `TASK_FIELDS`; a task may have several rows.
        fields: which of `FIELDS` to give.

    Returns:
        Rows under `TEXT_SCHEMA`, empty texts left out.
    """
    joined = trajectories.join(tasks, on="task_id")
    return _texts(
        joined.select("trajectory_id", seq=pl.lit(None), field=pl.lit(field), text=pl.col(field))
        for field in TASK_FIELDS
        if field in fields
    )


def _texts(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    whole = pl.concat([TEXT_SCHEMA.to_frame(), *(part.cast(TEXT_SCHEMA) for part in parts)])
    return whole.filter(pl.col("text").str.len_bytes() > 0).unique(maintain_order=True)
