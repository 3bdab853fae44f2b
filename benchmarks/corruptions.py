"""Which of our signals see the faults that corruptions put into real successes, and which do not.

    python -m benchmarks.corruptions WAREHOUSE

For each mode, every successful tau-bench or tau2 trial that it fits gets a corrupted twin and, for comparison, an exact
one; both stand beside the real trials with an unknown outcome, and each signal is computed over all of them. A column
*moves* where the corrupted twin's value is not the exact twin's. Its *AUC* says how well the column alone, without the
parent at hand, parts corrupted twins from exact ones: 0.5 is chance; below, the corrupted one has the lower value.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import msgspec
import polars as pl
from scipy.stats import rankdata

from curation.candidates import compute_values
from curation.frames import Frames
from curation.signals import SIGNALS
from curation.steps import build_steps
from curation.synthesis import CORRUPTIONS, Corrupted, build_stock
from flows.export import read_trajectories
from flows.frames import read_frames
from schemas.rows import rollout_tables
from schemas.trajectory import Message, Origin, Relation, Role, Status, Trajectory
from warehouse import Warehouse

FORMATS = ("tau_bench", "tau2")
FAMILIES = ("readiness", "failures", "loops", "topology", "process", "planning", "interaction")
TWIN = "twin"
NATURAL_ORIGINS = {
    Role.SYSTEM: Origin.SCRIPTED,
    Role.USER: Origin.SCRIPTED,
    Role.ASSISTANT: Origin.SAMPLED,
    Role.TOOL: Origin.INJECTED,
}
LEAST_MOVED = 0.05
"""A column that moves for a smaller share of the twins is not listed."""


class _Column(NamedTuple):
    """One column of a signal over the twins of one mode."""

    name: str
    moved_frac: float
    auc: float


def main(root: Path) -> None:
    """Print one row per mode and family: how often it moves, and its best column."""
    house = Warehouse(root)
    buckets = list(range(house.bucket_count))
    frames = _of_formats(read_frames(house, buckets))
    parents = _successes(house, frames)
    stocks = {bucket: build_stock(_of_bucket(frames, bucket)) for bucket in parents}
    print("mode", "twins", "family", "moved_frac", "best_column", "column_moved_frac", "auc", sep="\t")
    for name, member in CORRUPTIONS.items():
        made = [
            (parent, result)
            for bucket, held in parents.items()
            for parent, result in zip(held, member().corrupt_all(held, stocks[bucket]), strict=True)
            if isinstance(result, Corrupted)
        ]
        if made:
            exact = _values(_beside(frames, [_twin(parent, parent) for parent, _ in made]))
            twins = [_twin(result.trajectory, parent) for parent, result in made]
            for row in _compare(_values(_beside(frames, twins)), exact):
                print(name, len(made), *row, sep="\t")
            print(name, len(made), "divergence", *_placed(frames, made), sep="\t")


def _placed(frames: Frames, made: Sequence[tuple[Trajectory, Corrupted]]) -> tuple[str, ...]:
    """Let a checker fail the corrupted twins, and see whether the first divergence from a success is the fault."""
    twins = [_twin(result.trajectory, parent, reward=0.0) for parent, result in made]
    told = SIGNALS["divergence"].compute(_beside(frames, twins))["trajectory"]
    steps = pl.DataFrame(
        {
            "trajectory_id": [twin.trajectory_id for twin in twins],
            "true_step": [result.step for _, result in made],
        },
        schema={"trajectory_id": pl.String, "true_step": pl.Int64},
    )
    found = steps.join(told, on="trajectory_id")
    is_near = (pl.col("divergence_step") - pl.col("true_step")).abs() <= 1
    shares = found.select(
        pl.col("divergence_step").is_not_null().mean(),
        is_exact=(pl.col("divergence_step") == pl.col("true_step")).sum() / pl.len(),
        is_near=is_near.sum() / pl.len(),
    ).row(0)
    return tuple(f"{share:.2f}" for share in shares)


def _of_formats(frames: Frames) -> Frames:
    chosen = frames.trajectories.filter(pl.col("source_format").is_in(FORMATS))
    return frames.restricted_to(chosen["trajectory_id"])


def _of_bucket(frames: Frames, bucket: int) -> Frames:
    return frames.restricted_to(frames.trajectories.filter(pl.col("bucket") == bucket)["trajectory_id"])


def _successes(house: Warehouse, frames: Frames) -> dict[int, list[Trajectory]]:
    chosen = frames.trajectories.filter(pl.col("outcome_reward") >= 1).sort("bucket", "trajectory_id")
    return {
        bucket: list(read_trajectories(house, bucket, rows))
        for (bucket,), rows in chosen.group_by("bucket", maintain_order=True)
        if isinstance(bucket, int)
    }


def _twin(trajectory: Trajectory, parent: Trajectory, reward: float | None = None) -> Trajectory:
    """Make a trial; neither status and reward nor our own marks of what is synthetic tell a corrupted twin."""
    return msgspec.structs.replace(
        trajectory,
        messages=tuple(map(_unmarked, trajectory.messages)),
        record_id=f"{TWIN} of {parent.trajectory_id}",
        record_part=0,
        relation=Relation.ATTEMPT,
        parent_id=None,
        repair_rule=None,
        outcome_reward=reward,
        status=Status.UNKNOWN,
        scores=(),
        prompt_tokens=None,
        completion_tokens=None,
        extra=None,
    )


def _unmarked(message: Message) -> Message:
    if message.origin is not Origin.SYNTHETIC:
        return message
    return msgspec.structs.replace(message, origin=NATURAL_ORIGINS[message.role])


def _beside(frames: Frames, twins: Sequence[Trajectory]) -> Frames:
    tables = rollout_tables(twins, bucket_count=16)
    messages = pl.DataFrame(tables["messages"])
    return replace(
        frames,
        trajectories=pl.concat([frames.trajectories, pl.DataFrame(tables["trajectories"])]),
        messages=pl.concat([frames.messages, messages]),
        steps=pl.concat([frames.steps, build_steps(messages)]),
    )


def _values(frames: Frames) -> dict[str, pl.DataFrame]:
    """Compute the families' columns that are numbers or flags, for the twins."""
    twins = frames.trajectories.filter(pl.col("record_id").str.starts_with(TWIN))
    computed = compute_values([SIGNALS[name] for name in FAMILIES], frames).trajectories
    return {
        name: twins.select("trajectory_id")
        .join(frame, on="trajectory_id")
        .select("trajectory_id", (pl.selectors.numeric() | pl.selectors.boolean()).cast(pl.Float64))
        .drop("bucket", strict=False)
        for name, frame in computed.items()
    }


def _compare(corrupted: dict[str, pl.DataFrame], exact: dict[str, pl.DataFrame]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for family, values in corrupted.items():
        both = values.join(exact[family], on="trajectory_id", suffix="_exact")
        names = [name for name in values.columns if name != "trajectory_id"]
        moved = both.select(pl.col(name).ne_missing(pl.col(f"{name}_exact")) for name in names)
        told = [_Column(name, _share(moved[name]), _auc(both[name], both[f"{name}_exact"])) for name in names]
        listed = [column for column in told if column.moved_frac >= LEAST_MOVED]
        best = max(listed, key=lambda column: abs(column.auc - 0.5), default=None)
        figures = (
            ("-", "-", "-") if best is None else (best.name, f"{best.moved_frac:.2f}", f"{best.auc:.2f}")
        )
        rows.append((family, f"{_share(moved.select(pl.any_horizontal(names)).to_series()):.2f}", *figures))
    return rows


def _share(flags: pl.Series) -> float:
    return float(flags.sum()) / len(flags)


def _auc(corrupted: pl.Series, exact: pl.Series) -> float:
    """Give the chance that a corrupted twin's value is the higher one, ties halved; 0.5 where one side has none."""
    high, low = corrupted.drop_nulls(), exact.drop_nulls()
    if high.is_empty() or low.is_empty():
        return 0.5
    ranks = rankdata(pl.concat([high, low]).to_numpy())
    return float((ranks[: len(high)].sum() - len(high) * (len(high) + 1) / 2) / (len(high) * len(low)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
