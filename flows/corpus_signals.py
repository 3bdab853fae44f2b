"""Signals that need the whole corpus at once: computed after all buckets are up to date, from what is stored of them.

What belongs here: gathering the few columns that such a signal reads, and storing what it makes of them.
"""

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from curation.signals import SIGNALS
from curation.signals.strategy import StrategyDomain
from curation.topology.luck import judged_trials
from warehouse import Warehouse

Compute = Callable[[Warehouse, pl.DataFrame], pl.DataFrame]
"""Makes the rows of the signal's trajectory table for the whole corpus, from what is stored and from all trials."""


def judge_domains(house: Warehouse, trials: pl.DataFrame) -> pl.DataFrame:
    """Judge every strategy by what it led to in the other tasks of its benchmark."""
    trajectories = trials.join(_stored(house, "outcomes", "is_success"), on="trajectory_id")
    judged = judged_trials(trajectories, house.store.read("tasks", columns=["task_id", "benchmark"]))
    described = _stored(house, "strategy", "strategy_key", "strategy_moves").drop_nulls()
    return StrategyDomain().judge(trajectories, judged, described)


def _stored(house: Warehouse, signal: str, *columns: str) -> pl.DataFrame:
    table = SIGNALS[signal].tables()["trajectory"]
    return house.store.scan(table, columns=["trajectory_id", *columns]).collect()


CORPUS_SIGNALS: Mapping[str, Compute] = {"strategy_domain": judge_domains}
"""How each of them is computed, by name."""

BASES: Mapping[str, tuple[str, ...]] = {"strategy_domain": ("outcomes", "strategy")}
"""The signals whose stored values each of them is computed from."""


def store_corpus_signal(house: Warehouse, name: str, buckets: Sequence[int], trials: pl.DataFrame) -> None:
    """Compute one signal over the corpus, and put it in place of what all buckets hold.

    Args:
        house: the warehouse.
        name: the signal.
        buckets: all buckets.
        trials: all trials, as `read_trials` gives them.
    """
    table = SIGNALS[name].tables()["trajectory"]
    house.store.replace_buckets(table, CORPUS_SIGNALS[name](house, trials), buckets)
