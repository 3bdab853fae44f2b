"""How well a detector finds faults: predicted against true sets of labels, as AEGIS (arXiv 2509.14295) reports it.

AEGIS publishes micro and macro F1 at three levels, but not the code: the formulas are a *reconstruction*.
"""

from dataclasses import dataclass
from math import fsum

import polars as pl

LEVELS: dict[str, tuple[str, ...]] = {"pair": ("agent", "error"), "agent": ("agent",), "error": ("error",)}
"""What a label is at each level: the columns that name its class."""


@dataclass(frozen=True, kw_only=True)
class LevelScore:
    """One level's figures, each in [0, 1]; null where neither side has a label."""

    micro_precision: float | None
    """Null also where nothing was predicted."""
    micro_recall: float | None
    """Null also where nothing is true."""
    micro_f1: float | None
    """Of the sums over samples."""
    macro_f1: float | None
    """Mean over the classes that either side has of the class's F1."""


def score_detection(truth: pl.DataFrame, predicted: pl.DataFrame) -> dict[str, LevelScore]:
    """Compare label sets, sample by sample.

    Args:
        truth: `sample_id`, `agent` and `error`, a row per label; a sample without rows has no fault.
        predicted: the same of what a detector says. Rows that say the same twice count once.

    Returns:
        The figures by level of `LEVELS`.

    Examples:
        >>> names = ["sample_id", "agent", "error"]
        >>> truth = pl.DataFrame([("a", "planner", "FM-1.3"), ("b", "coder", "FM-3.1")], names, orient="row")
        >>> said = pl.DataFrame([("a", "planner", "FM-2.1"), ("b", "coder", "FM-3.1")], names, orient="row")
        >>> scores = score_detection(truth, said)
        >>> scores["pair"].micro_f1, scores["agent"].micro_f1
        (0.5, 1.0)
    """
    return {level: _score(truth, predicted, list(names)) for level, names in LEVELS.items()}


def _score(truth: pl.DataFrame, predicted: pl.DataFrame, names: list[str]) -> LevelScore:
    per_class = _count(truth, predicted, names)
    hits, said, true = (int(per_class[name].sum()) for name in ("hit_count", "said_count", "true_count"))
    f1 = per_class.select(2 * pl.col("hit_count") / (pl.col("said_count") + pl.col("true_count"))).to_series()
    return LevelScore(
        micro_precision=_share(hits, said),
        micro_recall=_share(hits, true),
        micro_f1=_share(2 * hits, said + true),
        macro_f1=None
        if f1.is_empty()
        else fsum(f1) / f1.len(),  # exact: the order of classes must not matter
    )


def _count(truth: pl.DataFrame, predicted: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """Count the labels of each class: said, true, and both of the same sample."""
    keys = ["sample_id", *names]
    both = (
        predicted.select(keys, is_said=pl.lit(value=True))
        .unique()
        .join(
            truth.select(keys, is_true=pl.lit(value=True)).unique(),
            on=keys,
            how="full",
            coalesce=True,
            nulls_equal=True,
        )
    )
    is_said, is_true = (pl.col(name).fill_null(value=False) for name in ("is_said", "is_true"))
    return both.group_by(names).agg(
        hit_count=(is_said & is_true).sum(), said_count=is_said.sum(), true_count=is_true.sum()
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
