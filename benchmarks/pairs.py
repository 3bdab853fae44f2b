"""How many pairs and labelled samples real rollouts hold: `python -m benchmarks.pairs WAREHOUSE`, after `winnow score`.

One line per rule and source format: rows, tasks, and the mean number of messages that both sides go on from.
"""

import sys
import time
from pathlib import Path

import polars as pl

from curation.candidates import candidate_rows, compute_values
from curation.pairs.first_divergence import FirstDivergence
from curation.pairs.outcome_labels import OutcomeLabels
from curation.pairs.sibling_steps import SiblingSteps
from curation.pairs.step_labels import StepLabels
from curation.pairs.trajectory_pairs import TrajectoryPairs
from curation.scene import Scene
from curation.signals import SIGNALS
from flows.buckets import read_buckets
from flows.frames import read_frames
from warehouse import Warehouse

RULES = (
    TrajectoryPairs(per_task=None, per_trajectory=None),
    SiblingSteps(min_gap=0.25),
    FirstDivergence(),
    OutcomeLabels(),
    StepLabels(by="value", min_visits=2),
)


def main() -> None:
    """Read the whole warehouse as one batch, and run each rule over all of it."""
    house = Warehouse(Path(sys.argv[1]))
    frames = read_frames(house, [bucket.bucket for bucket in read_buckets(house)])
    scene = Scene(frames=frames, kept=candidate_rows(frames, compute_values([SIGNALS["outcomes"]], frames)))
    started = time.perf_counter()
    print(f"{scene.contexts.height} messages keyed in {time.perf_counter() - started:.1f} s")
    formats = frames.trajectories.select("trajectory_id", "source_format")
    for rule in RULES:
        made = rule.build(scene)
        owner = "chosen_id" if "chosen_id" in made.columns else "trajectory_id"
        told = made.join(formats, left_on=owner, right_on="trajectory_id").group_by("source_format")
        counts = told.agg(
            pl.len(), pl.col("task_id").n_unique().alias("tasks"), pl.col("context_count").mean()
        )
        for name, rows, tasks, context in counts.sort("len", "source_format", descending=True).iter_rows():
            print(f"{rule.name:18} {name:22} {rows:6} rows {tasks:4} tasks {context:5.1f} messages before")


if __name__ == "__main__":
    main()
