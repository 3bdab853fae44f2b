"""Frames to compute on, read from the warehouse."""

from collections.abc import Mapping

import polars as pl

from curation.frames import Frames
from curation.steps import build_steps
from schemas.trajectory import MADE_RELATIONS
from warehouse import Warehouse
from warehouse.recent import recent
from warehouse.whole import read_conversations, read_judged, read_scores


def read_frames(
    house: Warehouse,
    buckets: list[int],
    *,
    steps_are_stale: bool = False,
    task_ids: pl.Series | None = None,
    are_few: bool = False,
) -> Frames:
    """Read one batch of buckets, without repairs; conversations are whole, shared starts included.

    Args:
        house: the warehouse.
        buckets: the buckets.
        steps_are_stale: build the steps from the messages, whatever is stored.
        task_ids: which of their tasks; all when null.
        are_few: these are a small part, worth reading alone.
    """
    trajectories = read_judged(house, buckets).filter(~pl.col("relation").is_in(MADE_RELATIONS))
    scores, tasks = read_scores(house, buckets), house.store.read("tasks", buckets=buckets)
    if task_ids is not None:
        tasks = tasks.filter(pl.col("task_id").is_in(task_ids.implode()))
        trajectories = trajectories.filter(pl.col("task_id").is_in(task_ids.implode()))
        scores = scores.join(trajectories, on="trajectory_id", how="semi", maintain_order="left")
    messages = read_conversations(house, buckets, trajectories, are_few=are_few)
    if steps_are_stale:
        steps = build_steps(messages)
    else:
        steps = house.store.read("steps", buckets=buckets).join(
            trajectories, on="trajectory_id", how="semi", maintain_order="left"
        )
    return Frames(
        trajectories=trajectories.with_columns(shared_count=pl.lit(0, pl.Int64)),
        messages=messages,
        steps=steps,
        scores=scores,
        tasks=tasks,
        task_secrets=house.store.read("task_secrets", buckets=buckets).join(
            tasks, on="task_id", how="semi", maintain_order="left"
        ),
    )


def read_few(
    house: Warehouse, buckets: list[int], task_ids: pl.Series, since: Mapping[str, int] | None
) -> Frames:
    """Read a few tasks; of all that came in only what came since, if that is all of them."""
    if since is not None:
        frames = read_frames(
            recent(house, since), buckets, steps_are_stale=True, task_ids=task_ids, are_few=True
        )
        are_whole = frames.messages.height == frames.trajectories["message_count"].sum()
        if are_whole and frames.tasks.height == len(task_ids):
            return frames
    return read_frames(house, buckets, steps_are_stale=True, task_ids=task_ids, are_few=True)
