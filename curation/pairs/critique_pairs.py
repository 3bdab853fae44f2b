"""Pairs of judgements of one record, of which one is right."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from curation.keys import digests
from curation.pairs.critiques.rule import Critiques
from curation.pairs.rule import PairRule
from curation.scene import Scene

PLACE = ("subject_id", "contrast", "question")
ORDER = ("lot", "subject_id", "chosen_text", "rejected_text")


@dataclass(frozen=True, kw_only=True)
class CritiquePairs(Critiques, PairRule):
    """Pairs two critiques of one trajectory: the right one is what is known of it, the other says something else.

    Known are the faults of corrupted children (right: faulty, at this step, of this kind; wrong: sound, or another step;
    of the parent the other way round), and verified outcomes, with which a judge's explained verdict agrees or not. Ours;
    AEGIS (arXiv 2509.14295) trains on such injected faults with labels, without pairs.
    """

    name: ClassVar = "critique_pairs"

    per_task: int | None = None
    """Pairs of one task at most, the widest margins first, all of one fault together; null means all."""
    per_trajectory: int | None = None
    """Pairs about one trajectory at most; null means all."""

    def pair(self, scene: Scene) -> pl.DataFrame:
        """Join the right with the wrong critiques of each trajectory."""
        critiques = self.critiques(scene)
        pairs = (
            critiques.filter("is_right")
            .join(critiques.filter(~pl.col("is_right")), on=PLACE, suffix="_wrong")
            .rename({"text": "chosen_text", "text_wrong": "rejected_text"})
            .with_columns(
                margin=(pl.col("value") - pl.col("value_wrong")).abs(),
                detail=pl.format("{} against {}", "label", "label_wrong"),
                chosen_id="trajectory_id",
                rejected_id="trajectory_id",
                context=pl.format("critique {} {}", "subject_id", "question"),
                context_count="message_count",
                chosen_until="message_count",
                rejected_until="message_count",
            )
        )
        return self._bounded(pairs.with_columns(lot=digests("lot", pairs["contrast"]))).drop(
            "trajectory_id", "task_id"
        )

    def _bounded(self, pairs: pl.DataFrame) -> pl.DataFrame:
        few = pairs.sort("margin", *ORDER, descending=[True, *[False] * len(ORDER)], nulls_last=True).unique(
            ["subject_id", "question", "chosen_text", "rejected_text"], keep="first", maintain_order=True
        )
        for limit, owner in ((self.per_trajectory, "subject_id"), (self.per_task, "task_id")):
            if limit is not None:
                few = few.filter(pl.int_range(pl.len()).over(owner) < limit)
        return few
