"""Pairs of a repaired turn and of the turn that it stands for."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from curation.contexts import contexts
from curation.pairs.rule import PairRule
from curation.pairs.siblings import STATE, turn_pairs
from curation.scene import Scene


@dataclass(frozen=True, kw_only=True)
class RepairPairs(PairRule):
    """Pairs the first turn that a repair changed with the turn that it was before.

    The repaired turn is the better one. A repair whose first change is no turn of the assistant, or that only cut
    something off, has no pair. Ours; CLEANER (arXiv 2601.15141) has negative samples of this kind, off by default.
    """

    name: ClassVar = "repair_pairs"

    def pair(self, scene: Scene) -> pl.DataFrame:
        """Lay each repaired trajectory beside its parent."""
        children = scene.kept.filter(pl.col("repair_rule").is_not_null()).select(
            "trajectory_id", "parent_id", "task_id"
        )
        origin = scene.frames if scene.originals is None else scene.originals
        parents = origin.messages.filter(pl.col("trajectory_id").is_in(children["parent_id"].implode()))
        before = contexts(parents).filter(pl.col("role") == "assistant").drop("role")
        after = scene.contexts.filter(pl.col("role") == "assistant").drop("role")
        first = (
            children.join(after, on="trajectory_id")
            .join(
                before,
                left_on=["parent_id", "seq", "context_key"],
                right_on=["trajectory_id", "seq", "context_key"],
                suffix="_before",
            )
            .filter(pl.col("message_key") != pl.col("message_key_before"))
        )
        return turn_pairs(
            first.select(
                *STATE,
                chosen_id="trajectory_id",
                rejected_id="parent_id",
                margin=pl.lit(None),
                detail=pl.format("repaired at message {}", "seq"),
            )
        )
