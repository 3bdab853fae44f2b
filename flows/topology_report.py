"""`winnow topology report`: how much the potentials of a scored corpus can be trusted."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from curation.frames import Frames
from curation.signals import SIGNALS
from curation.topology.prediction import (
    ALL,
    OTHER_HALF,
    OTHER_POLICIES,
    count_pairs,
    known_trials,
    promises,
    visits_of,
)
from curation.topology.prediction_model import MODELS, feature_columns, model_estimate, predict
from curation.topology.resolutions import RESOLUTIONS
from curation.topology.separation import PAIRS, pair_rows, sum_up
from flows.buckets import batches_of, read_buckets
from flows.frames import read_frames
from warehouse import Warehouse


@dataclass(frozen=True, kw_only=True)
class _Part:
    """What one batch of whole tasks adds to the report."""

    pairs: pl.DataFrame
    features: pl.DataFrame


def topology_report(warehouse: Path, *, success_reward: float = 1.0) -> pl.DataFrame:
    """Measure how well potentials, and a simple model over all stored signals, tell passes from failures.

    Args:
        warehouse: folder of a scored store.
        success_reward: least reward of a success.

    Returns:
        The report, as `sum_up` gives it; no rows where no policy both passes and fails a task.

    Raises:
        WarehouseNotFoundError: nothing was ingested there.
    """
    parts = list(_parts(Warehouse(warehouse), success_reward))
    if not parts:
        return sum_up(PAIRS.to_frame())
    features = pl.concat([part.features for part in parts], how="diagonal_relaxed")
    columns = [name for name in features.columns if name not in TRIAL_COLUMNS]
    modelled = [
        pair_rows(predict(features, columns, name), "signals", model_estimate(name)) for name in MODELS
    ]
    report = sum_up(pl.concat([*(part.pairs for part in parts), *modelled]))
    return report.with_columns(pl.selectors.float().round(DECIMALS))


DECIMALS = 3
"""More would promise more than intervals of some hundredths hold."""
TRIAL_COLUMNS = ("trajectory_id", "task_id", "policy", "outcome")


def _parts(house: Warehouse, success_reward: float) -> Iterator[_Part]:
    for batch in batches_of(read_buckets(house)):
        buckets = [bucket.bucket for bucket in batch]
        frames = read_frames(house, buckets)
        yield _Part(
            pairs=count_pairs(frames, success_reward=success_reward),
            features=_features(house, frames, buckets, success_reward),
        )


def _features(house: Warehouse, frames: Frames, buckets: list[int], success_reward: float) -> pl.DataFrame:
    """Join what the states of each trial promise with every stored signal that leaks no outcome."""
    trials = known_trials(frames, success_reward=success_reward)
    visits = visits_of(frames, trials)
    learned = (promises(visits, trials, estimate) for estimate in (OTHER_POLICIES, OTHER_HALF))
    honest, fallback = (part.select("trajectory_id", *RESOLUTIONS, ALL) for part in learned)
    # Where a task has one policy, what its other half teaches is all there is.
    promised = honest.with_columns(
        pl.coalesce(name, fallback[name]).alias(f"promise_{name}") for name in (*RESOLUTIONS, ALL)
    ).select("trajectory_id", pl.col("^promise_.*$"))
    features = trials.join(promised, on="trajectory_id")
    for name, signal in SIGNALS.items():
        table = signal.tables().get("trajectory")
        if table is None or house.store.version(table) is None:
            continue
        values = house.store.read(table, buckets=buckets)
        columns = feature_columns(name, values)
        features = features.join(values.select("trajectory_id", *columns), on="trajectory_id", how="left")
    return features
