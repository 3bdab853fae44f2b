"""Scenes in which every literal rollout is kept."""

from dataclasses import replace

import polars as pl

from curation.candidates import candidate_rows, compute_values
from curation.corrupted import Corrupted
from curation.frames import Frames
from curation.scene import Scene
from curation.signals import SIGNALS
from curation.synthesis import CORRUPTIONS, build_stock
from curation.synthesis import Corrupted as Child
from curation.synthesis.labels import label_row
from curation.synthesis.plans import Plan
from schemas.rows import arrow_table
from schemas.trajectory import Trajectory
from tests.curation.rollouts import frames

NEEDED = tuple(SIGNALS[name] for name in ("outcomes", "topology"))
MODES = ("drop_step", "early_stop", "no_progress", "goal_swap")


def scene(*trajectories: Trajectory, whole: Frames | None = None) -> Scene:
    whole = frames(*trajectories) if whole is None else whole
    return Scene(frames=whole, kept=candidate_rows(whole, compute_values(NEEDED, whole)))


def children_of(*parents: Trajectory, modes: tuple[str, ...] = MODES) -> list[Child]:
    """Corrupt rollouts, once in each mode where that can be done."""
    plan = Plan(corruptions=tuple(CORRUPTIONS[mode](seed=0) for mode in modes), per_trajectory=None, seed=0)
    return plan.make(list(parents), build_stock(frames(*parents))).corrupted


def critic_scene(*trajectories: Trajectory, children: list[Child] | None = None) -> Scene:
    """Keep every rollout, with corrupted children of all."""
    made = children_of(*trajectories) if children is None else children
    told = frames(*(child.trajectory for child in made))
    labels = [label_row(child, bucket_count=1) for child in made]
    corrupted = Corrupted(
        labels=pl.DataFrame(arrow_table("corruptions", labels)),
        trajectories=told.trajectories,
        steps=told.steps,
    )
    return replace(scene(*trajectories), corrupted=corrupted)
