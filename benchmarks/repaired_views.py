"""What repair gives to training: failed calls before and after, failures that became usable, and tokens trained."""

from collections.abc import Iterator, Sequence

import polars as pl

from benchmarks.trained_tokens import TokenCounter
from curation.candidates import candidate_rows, compute_values
from curation.inputs import Inputs
from curation.repair import REPAIRS
from curation.scene import Scene
from curation.signals import SIGNALS
from curation.substitution import substitute_repairs, values_after
from curation.training import LossRule
from curation.training.view import View, train_labels

SUCCESS = 1.0
ROAD = ("rollback", "drop_failed_calls")
"""Repairs that take failed calls out, in order."""
ROADS: dict[str, tuple[str, ...]] = {
    "as rolled out": (),
    "rollback": ROAD[:1],
    "rollback, drop_failed_calls": ROAD,
    "the two, and splice": (*ROAD, "splice"),
}
HEADER = (
    "repairs", "trajectories", "failures that ended well by a splice", "failed calls", "trajectories without one",
    "of them successes", "tokens trained", "with `step_masking`",
)  # fmt: skip


def repaired_rows(
    scene: Scene, counter: TokenCounter, masking: tuple[LossRule, ...], bucket_count: int
) -> Iterator[tuple[str, ...]]:
    """Give one row per road of repairs, under `HEADER`."""
    first = 0
    for name, repairs in ROADS.items():
        after, added = _repaired(scene, repairs, bucket_count)
        counts = [
            counter.count(after, train_labels(View(name="view", rules=r), after)) for r in ((), masking)
        ]
        first = first or counts[0]
        tokens = [f"{count:,} ({count / first:.1%})" for count in counts]
        failed = _failed_calls(after)
        free = failed.filter(pl.col("failed") == 0)
        good = free.filter(pl.col("outcome_reward") >= SUCCESS)
        calls = int(failed["failed"].sum())
        yield (
            f"`{name}`",
            *(f"{n:,}" for n in (failed.height, added, calls, free.height, good.height)),
            *tokens,
        )


def _repaired(scene: Scene, repairs: Sequence[str], bucket_count: int) -> tuple[Scene, int]:
    """Apply repairs as a recipe does; gives what is kept then, and how many stand beside their parents."""
    signals = [SIGNALS["outcomes"], SIGNALS["advantages"]]
    inputs = Inputs(
        frames=scene.frames,
        toolsets=scene.toolsets,
        values=compute_values(signals, scene.frames),
        read_ids=frozenset(scene.kept["trajectory_id"]),
        bucket_count=bucket_count,
    )
    made = substitute_repairs(inputs, [REPAIRS[name]() for name in repairs])
    read = [*scene.kept["trajectory_id"], *made.children]
    kept = candidate_rows(made.frames, values_after(inputs, made, signals))
    kept = kept.filter(pl.col("trajectory_id").is_in(read))
    after = Scene(frames=made.frames, kept=kept, toolsets=scene.toolsets, originals=scene.frames)
    return after, len(made.added_ids)


def _failed_calls(scene: Scene) -> pl.DataFrame:
    """Count failed calls of what is kept; the copied context of a splice is its parent's."""
    own = scene.frames.steps.filter(~pl.col("is_copied"))
    calls = scene.frames.calls.filter(pl.col("error_kind").is_not_null())
    counts = (
        calls.join(own, on=["trajectory_id", "seq"], how="semi")
        .group_by("trajectory_id")
        .agg(failed=pl.len())
    )
    kept = scene.kept.select("trajectory_id", "outcome_reward")
    return kept.join(counts, on="trajectory_id", how="left").with_columns(pl.col("failed").fill_null(0))
