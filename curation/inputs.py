"""What applying a recipe takes: a plan, and one batch of whole tasks."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from curation.candidates import SignalValues
from curation.corrupted import Corrupted
from curation.frames import Frames
from curation.pairs.rule import LabelRule, PairRule
from curation.repair.repair import Repair
from curation.selection.selector import Selector
from curation.signals.signal import Signal
from curation.training.view import View
from schemas.recipe import DEFAULT_VIEW, Split

SLIM_COLUMNS = ("trajectory_id", "task_id", "bucket")
"""What is known of a candidate wherever rules compare tasks, besides the columns that these rules name."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A recipe whose names have become members."""

    repairs: tuple[Repair, ...]
    selectors: tuple[Selector, ...]
    signals: tuple[Signal, ...]
    views: tuple[View, ...] = (View(name=DEFAULT_VIEW),)
    pair_rules: tuple[PairRule, ...] = ()
    label_rules: tuple[LabelRule, ...] = ()
    split: Split
    task_twins: Mapping[str, str] = field(default_factory=dict)
    """The key of each task that has near-duplicates, see `curation.decontamination.task_twins`."""

    def split_of(self, task_id: str) -> str:
        """Name the split of a task: that of its cluster, where it has twins."""
        return self.split.of_task(self.task_twins.get(task_id, task_id))

    @property
    def reads_corrupted(self) -> bool:
        """Tell whether a rule learns from corrupted children."""
        return any(rule.reads_corrupted for rule in (*self.pair_rules, *self.label_rules))

    @property
    def local_selectors(self) -> tuple[Selector, ...]:
        """Give the leading selectors, which a batch of whole tasks suffices for."""
        across = (number for number, selector in enumerate(self.selectors) if selector.spans_tasks)
        return self.selectors[: next(across, len(self.selectors))]

    @property
    def corpus_selectors(self) -> tuple[Selector, ...]:
        """Give the first selector that compares tasks, and all after it: they see the whole corpus."""
        return self.selectors[len(self.local_selectors) :]

    @property
    def slim_columns(self) -> list[str]:
        """Name what the corpus selectors may know of a candidate."""
        needed = (name for selector in self.corpus_selectors for name in selector.columns_needed)
        return list(dict.fromkeys((*SLIM_COLUMNS, *needed)))


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """One batch of whole task groups, with all that deciding needs."""

    frames: Frames
    """All trials of the groups, also those that the recipe does not read: group figures need them."""
    toolsets: pl.DataFrame
    values: SignalValues
    """The signals of the trials, as stored."""
    read_ids: frozenset[str]
    """The trajectories that the recipe reads."""
    bucket_count: int
    corrupted: Corrupted | None = None
    """Corrupted children of the trials; null when no rule of the recipe asks for them."""
