"""A few pairs of each task, so that no task and no trajectory drowns the others."""

from collections import Counter

import polars as pl

from curation.keys import digests


def balanced(pairs: pl.DataFrame, *, per_task: int | None, per_trajectory: int | None) -> pl.DataFrame:
    """Choose pairs: those of the widest margin first, then in an order that only their ids decide.

    Args:
        pairs: with `task_id`, `chosen_id`, `rejected_id`, `margin`.
        per_task: pairs of one task at most; null means all.
        per_trajectory: pairs that one trajectory takes part in at most; null means all.

    Returns:
        The chosen rows.
    """
    if per_task is None and per_trajectory is None:
        return pairs
    lot = digests("lot", pairs.select(pl.concat_str(["chosen_id", "rejected_id"])).to_series())
    ordered = pairs.with_columns(lot=lot).sort(["margin", "lot"], descending=[True, False], nulls_last=True)
    of_task, of_trajectory = Counter[str](), Counter[str]()
    is_chosen = []
    for task, *sides in ordered.select("task_id", "chosen_id", "rejected_id").iter_rows():
        is_full = per_task is not None and of_task[task] >= per_task
        is_busy = per_trajectory is not None and any(of_trajectory[side] >= per_trajectory for side in sides)
        is_chosen.append(not is_full and not is_busy)
        if is_chosen[-1]:
            of_task[task] += 1
            of_trajectory.update(sides)
    return ordered.filter(pl.Series(is_chosen, dtype=pl.Boolean)).drop("lot")
