"""Rows of `messages`, one per number, in three buckets."""

from typing import Any

import pyarrow as pa

from schemas.rows import arrow_table
from schemas.tables import TABLES

BUCKETS = 3
CALL = {"call_id": "c", "name": "ls", "arguments": "{}", "result_seq": 1, "extra": None}


def message_rows(numbers: list[int], *, text: str = "ö" * 9) -> pa.Table:
    """Make a message of a trajectory of its own for each number."""
    blank: dict[str, Any] = dict.fromkeys(TABLES["messages"].column_names)
    said = {"role": "assistant", "origin": "sampled", "text": text, "tool_calls": [CALL], "text_calls": []}
    return arrow_table(
        "messages",
        [blank | said | {"trajectory_id": f"{n:032x}", "bucket": n % BUCKETS, "seq": 0} for n in numbers],
    )
