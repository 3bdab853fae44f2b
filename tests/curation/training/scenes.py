"""Scenes of literal rollouts, and what a view of them trains."""

import json
from dataclasses import replace
from typing import Any

import msgspec
import polars as pl

from curation.candidates import candidate_rows, compute_values
from curation.frames import Frames
from curation.scene import Scene
from curation.signals import SIGNALS
from curation.training import LossRule
from curation.training.view import View, train_labels
from schemas.rows import arrow_table
from schemas.trajectory import Message, Origin, Relation, Score, ScoreSource, Toolset, Trajectory
from tests.curation.rollouts import Turn, frames, rollout
from tests.rollout_rows import trajectory_rows

CHEAP = tuple(SIGNALS[name] for name in ("outcomes", "advantages"))


def scene_of(whole: Frames, toolsets: pl.DataFrame | None = None) -> Scene:
    """Keep every trajectory, with outcomes and advantages for columns."""
    kept = candidate_rows(whole, compute_values(CHEAP, whole))
    return (
        Scene(frames=whole, kept=kept)
        if toolsets is None
        else Scene(frames=whole, kept=kept, toolsets=toolsets)
    )


def scene(*trajectories: Trajectory) -> Scene:
    rows = trajectory_rows(trajectories, bucket_count=1)
    return scene_of(frames(*trajectories), pl.DataFrame(arrow_table("toolsets", rows["toolsets"])))


def labels(given: Scene, *rules: LossRule) -> pl.DataFrame:
    return train_labels(View(name="view", rules=rules), given)


def turns(given: Scene, trajectory: Trajectory, *rules: LossRule) -> pl.DataFrame:
    """Label the assistant messages of one trajectory."""
    own = labels(given, *rules).filter(pl.col("trajectory_id") == trajectory.trajectory_id)
    spoken = given.frames.messages.filter(pl.col("role") == "assistant")
    return own.join(spoken, on=["trajectory_id", "seq"], how="semi").sort("seq")


def trained(given: Scene, trajectory: Trajectory, *rules: LossRule) -> list[bool]:
    """Tell of each turn whether its message is trained."""
    return turns(given, trajectory, *rules)["is_trained"].to_list()


def reasons(given: Scene, trajectory: Trajectory, *rules: LossRule) -> list[str]:
    return turns(given, trajectory, *rules)["reason"].to_list()


def restart(parent: Trajectory, at_turn: int, *own: Turn, reward: float | None, trial: int) -> Trajectory:
    """Begin a trial again right before one of its turns; what is shared is written out as copied, as frames hold it."""
    starts = [message.seq for message in parent.messages if message.role == "assistant"]
    shared = starts[at_turn]
    copied = [msgspec.structs.replace(message, origin=Origin.COPIED) for message in parent.messages[:shared]]
    fresh = rollout(*own).messages[1:]
    moved = [_moved(message, shared - 1) for message in fresh]
    return msgspec.structs.replace(
        rollout(reward=reward, trial=trial),
        messages=(*copied, *moved),
        parent_id=parent.trajectory_id,
        relation=Relation.BRANCH,
        shared_count=0,
    )


def _moved(message: Message, by: int) -> Message:
    calls = tuple(
        msgspec.structs.replace(call, result_seq=None if call.result_seq is None else call.result_seq + by)
        for call in message.tool_calls
    )
    call_seq = None if message.call_seq is None else message.call_seq + by
    return msgspec.structs.replace(message, seq=message.seq + by, tool_calls=calls, call_seq=call_seq)


def with_verdicts(trajectory: Trajectory, name: str, values: dict[int, float | None]) -> Trajectory:
    scores = tuple(
        Score(name=name, value=value, source=ScoreSource.JUDGE, scope="step", step=step)
        for step, value in values.items()
    )
    return msgspec.structs.replace(trajectory, scores=scores)


def with_tools(trajectory: Trajectory, *tools: dict[str, Any]) -> Trajectory:
    return msgspec.structs.replace(trajectory, toolset=Toolset(tools=json.dumps(tools)))


def with_columns(given: Scene, **columns: Any) -> Scene:
    return replace(given, kept=given.kept.with_columns(**columns))
