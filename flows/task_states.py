"""What each task holds, against what it held when its bucket was last scored: which tasks have to be computed anew.

`bucket_states` says whether anything changed in a bucket, `task_states` says where. The latter count for a stage only
when they are of the same moment as its state: the fingerprint of a bucket is the hash of those of its tasks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from schemas.identity import digest
from schemas.trajectory import MADE_RELATIONS
from warehouse import Warehouse

MOST_CHANGED: Final = 1 / 3
"""Share of a bucket's messages beyond which computing all of it costs less than telling its tasks apart; ours."""


READ_TABLES: Final = ("tasks", "task_secrets", "trajectories", "messages", "scores")
"""What a new task has rows in: all of them in files that came since."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Share:
    """The part of one bucket that has to be computed anew: some of its tasks."""

    bucket: int
    new_task_ids: pl.Series
    """Tasks of which nothing was computed yet."""
    old_task_ids: pl.Series
    """Tasks whose computed rows have to be replaced."""
    trajectory_count: int
    message_count: int
    since: Mapping[str, int] | None = None
    """Version of each table of `READ_TABLES` when the bucket was last scored; null when nobody knows."""


def read_trials(house: Warehouse) -> pl.DataFrame:
    """Read where each trajectory belongs: `bucket`, `task_id`, `group_id`, `trajectory_id`, `relation`, `message_count`.

    Repairs and corruptions are left out: they are not trials, and would count an outcome twice.
    """
    columns = ["bucket", "task_id", "group_id", "trajectory_id", "relation", "message_count"]
    stored = house.store.scan("trajectories", columns=columns)
    return stored.filter(~pl.col("relation").is_in(MADE_RELATIONS)).collect()


def tasks_of(house: Warehouse, trials: pl.DataFrame) -> pl.DataFrame:
    """Fingerprint what each task holds: its trajectories, which never change, and the verdicts of other files on them.

    Args:
        house: the warehouse, for the verdicts.
        trials: as `read_trials` gives them.

    Returns:
        The columns of `task_states`, and `message_count`; by bucket and task.
    """
    content = pl.col("trajectory_id")
    if house.store.version("verdicts") is not None:
        trials = trials.join(_verdicts(house), on="trajectory_id", how="left")
        content = pl.concat_str("trajectory_id", pl.col("told").fill_null(""))
    held = trials.group_by("bucket", "task_id").agg(
        content=content.sort_by("trajectory_id").str.join(","),
        trajectory_count=pl.len().cast(pl.Int64),
        message_count=pl.col("message_count").sum(),
    )
    tasks = held.sort("bucket", "task_id")
    fingerprints = pl.Series("fingerprint", map(digest, tasks["content"]), dtype=pl.String)
    return tasks.with_columns(fingerprints).drop("content")


def bucket_fingerprint(tasks: pl.DataFrame) -> str:
    """Hash what the tasks of one bucket hold together."""
    return digest(*tasks.sort("task_id")["fingerprint"])


def find_share(
    tasks: pl.DataFrame, states: pl.DataFrame, since: Mapping[str, int] | None = None
) -> Share | None:
    """Find the part of a bucket that changed.

    Args:
        tasks: rows of `tasks_of` of one bucket.
        states: its rows of `task_states`.
        since: version of each table of `READ_TABLES` at that time; null when nobody knows.

    Returns:
        The part; null when the whole bucket is to be computed: so much changed, or something that was there is gone.
    """
    both = tasks.join(states.drop("bucket"), on="task_id", how="left", suffix="_settled")
    is_new = pl.col("fingerprint_settled").is_null()
    is_less = pl.col("trajectory_count") < pl.col("trajectory_count_settled")
    changed = both.filter(is_new | (pl.col("fingerprint") != pl.col("fingerprint_settled")))
    message_count = int(changed["message_count"].sum())
    is_lost = both.filter(~is_new).height < states.height or not changed.filter(is_less).is_empty()
    if is_lost or message_count > MOST_CHANGED * int(tasks["message_count"].sum()):
        return None
    return Share(
        bucket=tasks["bucket"][0],
        new_task_ids=changed.filter(is_new)["task_id"],
        old_task_ids=changed.filter(~is_new)["task_id"],
        trajectory_count=int(changed["trajectory_count"].sum()),
        message_count=message_count,
        since=since,
    )


def oldest_versions(shares: Sequence[Share]) -> dict[str, int] | None:
    """Tell since when all that shares hold came in; null when nobody knows, or a task of theirs is older."""
    versions = [share.since for share in shares if share.since is not None and share.old_task_ids.is_empty()]
    if len(versions) < len(shares):
        return None
    return {table: min(version[table] for version in versions) for table in READ_TABLES}


def _verdicts(house: Warehouse) -> pl.DataFrame:
    """Gather the verdicts of other files by whom they judge: columns `trajectory_id`, `told`."""
    return house.sql(
        """
        SELECT trajectory_id, ':' || string_agg(verdict_id, ' ' ORDER BY verdict_id) AS told
        FROM verdict_attachments WHERE state = 'attached' GROUP BY trajectory_id
        """
    ).to_polars()
