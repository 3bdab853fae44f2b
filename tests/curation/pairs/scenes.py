"""Scenes in which every literal rollout is kept."""

from curation.candidates import candidate_rows, compute_values
from curation.frames import Frames
from curation.scene import Scene
from curation.signals import SIGNALS
from schemas.trajectory import Trajectory
from tests.curation.rollouts import frames

NEEDED = tuple(SIGNALS[name] for name in ("outcomes", "topology"))


def scene(*trajectories: Trajectory, whole: Frames | None = None) -> Scene:
    whole = frames(*trajectories) if whole is None else whole
    return Scene(frames=whole, kept=candidate_rows(whole, compute_values(NEEDED, whole)))
