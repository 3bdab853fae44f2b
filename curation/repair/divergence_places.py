"""Where a failure and its nearest success part, as places between messages."""

from dataclasses import replace

import polars as pl

from curation.frames import Frames
from curation.references.vocabulary import THINKING_TOOLS
from curation.topology.divergence import find_divergences


def partings(frames: Frames, *, success_reward: float, across_policies: bool) -> pl.DataFrame:
    """Find where failures leave their nearest successes.

    Args:
        frames: one bucket of whole tasks.
        success_reward: least reward of a success.
        across_policies: whether the success may be another policy's.

    Returns:
        Per failure whose actions are not just those of its success: `trajectory_id`, `partner_id`, `bad_step` (the
        first turn that is not shared, or the last one) and `partner_seq` (first message of what the success does
        instead: its first action that is not shared, or what it says after the shared ones). Failures that go on in
        other trajectories are left out.
    """
    if not across_policies:
        frames = replace(frames, trajectories=frames.trajectories.with_columns(task_id="group_id"))
    found = find_divergences(frames, success_reward=success_reward).filter(
        pl.col("divergence_kind") != "same_actions", pl.col("holder_id") == pl.col("trajectory_id")
    )
    turns = _acting_turns(frames).rename({"trajectory_id": "nearest_success_id"})
    action = turns.select("nearest_success_id", "seq", shared_count="turn")
    shared = turns.select("nearest_success_id", "end_seq", shared_count=pl.col("turn") + 1)
    keys = ["nearest_success_id", "shared_count"]
    placed = found.join(action, on=keys, how="left").join(shared, on=keys, how="left")
    return placed.select(
        "trajectory_id",
        partner_id="nearest_success_id",
        bad_step="step",
        partner_seq=pl.coalesce("seq", pl.col("end_seq") + 1),
    ).drop_nulls()


def _acting_turns(frames: Frames) -> pl.DataFrame:
    """Number the turns that chains of actions are made of, see `curation.topology.divergence`."""
    acts = ~pl.col("tool_names").list.eval(pl.element().is_in(THINKING_TOOLS)).list.all()
    turns = frames.steps.filter(pl.col("call_count") > 0, ~pl.col("is_copied"), acts)
    number = pl.int_range(pl.len(), dtype=pl.Int64).over("trajectory_id")
    return turns.sort("trajectory_id", "step").select("trajectory_id", "seq", "end_seq", turn=number)
