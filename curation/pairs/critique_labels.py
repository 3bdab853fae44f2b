"""Judgements of records, each labelled right or wrong."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from curation.pairs.critiques.rule import Critiques
from curation.pairs.outcome_labels import evened
from curation.pairs.rule import LabelRule
from curation.scene import Scene


@dataclass(frozen=True, kw_only=True)
class CritiqueLabels(Critiques, LabelRule):
    """Labels each critique of a trajectory good when it is right, and bad when it is wrong.

    The critiques are those of `critique_pairs`, without the need of two for one trajectory. Ours.
    """

    name: ClassVar = "critique_labels"

    is_balanced: bool = False
    """True keeps as many right as wrong ones of each task, in an order that only ids decide."""

    def label(self, scene: Scene) -> pl.DataFrame:
        """Label the critiques."""
        labelled = (
            self.critiques(scene)
            .unique(["subject_id", "question", "text"], keep="first", maintain_order=True)
            .with_columns(
                context_count="message_count", until="message_count", is_good="is_right", detail="label"
            )
        )
        chosen = evened(labelled) if self.is_balanced else labelled
        return chosen.drop("task_id")
