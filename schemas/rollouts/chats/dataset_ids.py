"""Ids that data sets give their rows: which task, and which rollout of it, as far as the id tells."""

import re
from typing import NamedTuple

from schemas.rollouts.parts.benchmarks import SWE_BENCH_ID

SMITH_ROW = re.compile(r"(?P<task>[^/]+__[^/]+\.[0-9a-f]{8}\.[A-Za-z0-9_-]+)\.[a-z0-9]{8}_(?P<trial>\d{1,9})")
BENCH_ROW = re.compile(rf"(?P<task>{SWE_BENCH_ID.pattern})_(?P<trial>\d{{1,9}})")


class RowId(NamedTuple):
    """What a row's id tells."""

    task_key: str
    trial: int | None
    """Which rollout of its task the row is, counted in file order; null when the id does not count."""


def read_row_id(row_id: str) -> RowId:
    """Read an id; one that is not made of a SWE instance and a count names the task as it is.

    ADP writes `<instance>_<n>`, and for SWE-smith `<instance>.<run>_<n>`.

    Examples:
        >>> read_row_id("python__mypy-15976_3")
        RowId(task_key='python__mypy-15976', trial=3)
        >>> read_row_id("getmoto__moto.694ce1f4.pr_6055.vtqmgmtg_1")
        RowId(task_key='getmoto__moto.694ce1f4.pr_6055', trial=1)
        >>> read_row_id("db_100")
        RowId(task_key='db_100', trial=None)
    """
    match = SMITH_ROW.fullmatch(row_id) or BENCH_ROW.fullmatch(row_id)
    return RowId(row_id, None) if match is None else RowId(match["task"], int(match["trial"]))
