"""What a dataset is made of, in figures: for its card and for `winnow dataset show`."""

from dataclasses import dataclass

import msgspec
import polars as pl

from curation.signals import SIGNALS
from flows.datasets.licences import common_licence, kept_licences
from schemas.rows import Row
from warehouse import Warehouse

KEY_SIGNALS: dict[str, tuple[str, ...]] = {
    "outcomes": ("is_success",),
    "failures": ("failed_call_frac", "failure_severity"),
    "loops": ("looped_step_frac",),
    "process": ("process_score", "wasted_step_count"),
    "planning": ("recovery_rate",),
    "topology": ("success_potential_mean", "efficiency", "redundant_step_frac"),
    "advantages": ("grpo_advantage",),
    "readiness": ("reasoning_frac",),
}
"""The signals that a card compares before and after, by the signal that computes them."""
OWN_FACTS = ("message_count",)
"""Columns of `trajectories` that it compares too."""
ORIGINS = {
    "sources": ("source_name", "source_format"),
    "benchmarks": ("benchmark",),
    "models": ("model",),
    "agents": ("agent",),
}
"""By what the kept trajectories are counted."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a dataset besides its row."""

    decision_counts: dict[str, int]
    """Decisions per `rule: reason`, in the order of the rules."""
    splits: pl.DataFrame
    """Per `split` of what is kept: `trajectory_count`, `task_count`."""
    origins: dict[str, pl.DataFrame]
    """Counts of kept trajectories, see `ORIGINS`; null is unknown to the source."""
    licences: pl.DataFrame
    """Counts of kept trajectories by source and licence, see `kept_licences`."""
    signals: pl.DataFrame
    """Per `signal` and `stage` (read, kept): `known_count`, `mean`, `p10`, `p50`, `p90`; null when none is known."""

    @property
    def licence(self) -> str:
        """Give the licence that holds for the whole, see `common_licence`."""
        return common_licence(self.licences)


def read_facts(house: Warehouse, built: Row) -> Facts:
    """Gather the facts of a dataset.

    Args:
        house: the warehouse as the dataset's curation saw it, see `pinned`.
        built: the dataset's row.
    """
    decided = _decided(house, built["dataset_id"])
    kept = decided.filter(pl.col("verdict") == "kept")
    return Facts(
        decision_counts=msgspec.json.decode(built["decision_counts"], type=dict[str, int]),
        splits=_count_splits(kept),
        origins={name: _count_by(kept, columns) for name, columns in ORIGINS.items()},
        licences=kept_licences(house, kept),
        signals=_compare_signals(house, decided),
    )


def _decided(house: Warehouse, dataset_id: str) -> pl.DataFrame:
    """Give what was decided upon, with whose it is; `is_read` is false for repairs and for what the recipe passes by."""
    columns = ["dataset_id", "trajectory_id", "task_id", "verdict", "rule", "child_id", "split"]
    decisions = (
        house.store.scan("decisions", columns=columns).filter(pl.col("dataset_id") == dataset_id).collect()
    )
    of = ["trajectory_id", "record_id", "source_name", "source_format", "model", "agent", *OWN_FACTS]
    benchmarks = house.store.scan("tasks", columns=["task_id", "benchmark"])
    whose = house.store.scan("trajectories", columns=of)
    return (
        decisions.lazy()
        .join(whose, on="trajectory_id", how="left")
        .join(benchmarks, on="task_id", how="left")
        .with_columns(
            is_read=(pl.col("rule") != "read")
            & ~pl.col("trajectory_id").is_in(decisions["child_id"].drop_nulls().implode())
        )
        .collect()
    )


def _count_splits(kept: pl.DataFrame) -> pl.DataFrame:
    return (
        kept.group_by("split")
        .agg(trajectory_count=pl.len(), task_count=pl.col("task_id").n_unique())
        .sort(pl.col("split") != "train", "split")
    )


def _count_by(kept: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    counts = kept.group_by(columns).agg(trajectory_count=pl.len())
    return counts.sort("trajectory_count", *columns, descending=[True, *(False for _ in columns)])


def _compare_signals(house: Warehouse, decided: pl.DataFrame) -> pl.DataFrame:
    """Give the quantiles of the key signals over what was read and over what is kept."""
    names = [*OWN_FACTS]
    for signal, columns in KEY_SIGNALS.items():
        table = SIGNALS[signal].tables().get("trajectory")
        if table is None or house.store.version(table) is None:
            continue
        values = house.store.read(table, columns=["trajectory_id", *columns])
        decided = decided.join(values, on="trajectory_id", how="left")
        names += columns
    stages = {"read": decided.filter("is_read"), "kept": decided.filter(pl.col("verdict") == "kept")}
    rows = [
        {"signal": name, "stage": stage, **_quantiles(rows[name].cast(pl.Float64))}
        for name in names
        for stage, rows in stages.items()
    ]
    return pl.DataFrame(rows, schema=COMPARED)


def _quantiles(values: pl.Series) -> dict[str, float | int | None]:
    known = values.drop_nulls().drop_nans().sort()
    figures = {"mean": known.mean()} | {
        name: known.quantile(share, "linear") for name, share in QUANTILES.items()
    }
    rounded = {
        name: round(figure, DECIMALS) if isinstance(figure, float) else None
        for name, figure in figures.items()
    }
    return {"known_count": known.len(), **rounded}


DECIMALS = 9
"""A sum of many floats is exact to about so many."""
QUANTILES = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
COMPARED = {
    "signal": pl.String,
    "stage": pl.String,
    "known_count": pl.Int64,
    "mean": pl.Float64,
    **dict.fromkeys(QUANTILES, pl.Float64),
}
