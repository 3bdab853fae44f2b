"""Trajectories as walks over states: START, one state per turn, then the end that the outcome names.

Repairs are no trials and have no walk. Two turns are one state when their action and observation keys are equal. A turn without calls is passed over unless
asked for: words differ in every trial, and one node `respond` would tie all trials into a knot.
"""

import polars as pl

from curation.frames import Frames
from curation.keys import digests, netstring
from curation.rewards.outcomes import is_success, is_trial

START = "START"
END_SUCCESS = "END_SUCCESS"
END_FAILURE = "END_FAILURE"


def walk_states(frames: Frames, *, success_reward: float, include_text_turns: bool) -> pl.DataFrame:
    """Lay out every trial as a walk.

    Args:
        frames: one bucket of whole groups.
        success_reward: least reward of a success.
        include_text_turns: also take turns without calls for states.

    Returns:
        One row per state visited, sorted by `trajectory_id` and `position` (from 0): `group_id`, `task_id`, `bucket`,
        `is_success` (null: unknown; such a walk has no end), `node_id`, `kind`, `tools` (names called, framed),
        `action_label`, `observation_label`, `is_error`.
    """
    walkers = frames.trajectories.filter(is_trial()).select(
        "trajectory_id",
        "group_id",
        "task_id",
        "bucket",
        is_success=is_success(success_reward),
    )
    states = pl.concat(
        [_starts(walkers), _turns(frames.steps, include_text_turns=include_text_turns), _ends(walkers)]
    )
    walks = walkers.join(states, on="trajectory_id").sort("trajectory_id", "order")
    return walks.with_columns(position=pl.int_range(pl.len(), dtype=pl.Int64).over("trajectory_id")).drop(
        "order"
    )


def _turns(steps: pl.DataFrame, *, include_text_turns: bool) -> pl.DataFrame:
    turns = steps if include_text_turns else steps.filter(pl.col("call_count") > 0)
    return turns.select(
        "trajectory_id",
        order=pl.col("step"),
        node_id=digests("node", turns["action_key"] + turns["observation_key"]),
        kind=pl.lit("turn"),
        tools=pl.col("tool_names").list.eval(netstring(pl.element())).list.join(""),
        action_label="action_label",
        observation_label="observation_label",
        is_error="is_error",
    )


def _starts(walkers: pl.DataFrame) -> pl.DataFrame:
    return _terminals(walkers, order=pl.lit(-1, pl.Int64), node_id=pl.lit(START))


def _ends(walkers: pl.DataFrame) -> pl.DataFrame:
    ended = walkers.filter(pl.col("is_success").is_not_null())
    end = pl.when("is_success").then(pl.lit(END_SUCCESS)).otherwise(pl.lit(END_FAILURE))
    return _terminals(ended, order=pl.lit(2**63 - 1, pl.Int64), node_id=end)


def _terminals(walkers: pl.DataFrame, *, order: pl.Expr, node_id: pl.Expr) -> pl.DataFrame:
    return walkers.select(
        "trajectory_id",
        order=order,
        node_id=node_id,
        kind=node_id.str.to_lowercase(),
        tools=pl.lit(""),
        action_label=pl.lit(""),
        observation_label=pl.lit(""),
        is_error=pl.lit(value=False),
    )
