"""Whole trajectories labelled by their outcome."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from curation.keys import digests
from curation.pairs.rule import LabelRule
from curation.rewards.outcomes import is_success, scored_reward
from curation.scene import Scene


@dataclass(frozen=True, kw_only=True)
class OutcomeLabels(LabelRule):
    """Labels each kept trajectory good when it succeeds, and bad when it fails.

    What KTO (arXiv 2402.01306) learns from: no pair is needed, only a prompt, what the policy did, and whether it was
    good. A trajectory of unknown outcome has no label.
    """

    name: ClassVar = "outcome_labels"

    success_reward: float = 1.0
    """Least reward of a success."""
    is_balanced: bool = False
    """True keeps as many good as bad ones of each task, in an order that only ids decide."""

    def label(self, scene: Scene) -> pl.DataFrame:
        """Label all behind each prompt."""
        labelled = (
            scene.kept.select("trajectory_id", is_good=is_success(self.success_reward), value=scored_reward())
            .drop_nulls("is_good")
            .join(scene.spans_of_talk, on="trajectory_id")
            .with_columns(context_count="prompt_count", detail=pl.format("reward {}", "value"))
        )
        return evened(labelled) if self.is_balanced else labelled


def evened(labelled: pl.DataFrame) -> pl.DataFrame:
    """Keep as many good as bad rows of each task, the first in the order of a hash of their place."""
    place = labelled.select(pl.concat_str(["trajectory_id", "context_count"], separator=" ")).to_series()
    side = ["task_id", "is_good"]
    ranked = labelled.with_columns(lot=digests("lot", place)).with_columns(
        rank=pl.col("lot").rank("ordinal").over(side),
        good_count=pl.col("is_good").sum().over("task_id"),
        bad_count=pl.col("is_good").not_().sum().over("task_id"),
    )
    return ranked.filter(pl.col("rank") <= pl.min_horizontal("good_count", "bad_count"))
