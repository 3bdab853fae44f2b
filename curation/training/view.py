"""Which tokens of a kept trajectory a trainer should learn from, and how much, in one view of it."""

from dataclasses import dataclass

import polars as pl

from curation.frames import polars_schema
from curation.origins import TRAINABLE_ORIGINS, TRAINED_ORIGINS
from curation.scene import Scene
from curation.training.loss_rule import LossRule
from schemas.reasons import TrainReason
from schemas.tables import TABLES

REASONS = dict(
    zip(TRAINED_ORIGINS, (TrainReason.SAMPLED_BY_POLICY, TrainReason.REPAIRED_BY_RECIPE), strict=True)
)
ROW_SCHEMA = pl.DataFrame(schema=polars_schema(TABLES["train_labels"])).drop("dataset_id", "view").schema
"""Columns of `train_labels` but `dataset_id` and `view`."""
LABEL_SCHEMA = pl.DataFrame(schema=ROW_SCHEMA).with_columns(may_train=pl.lit(value=False)).schema
"""What loss rules see and change."""


@dataclass(frozen=True, kw_only=True)
class View:
    """One way to train the kept trajectories."""

    name: str
    rules: tuple[LossRule, ...] = ()


def train_labels(view: View, scene: Scene) -> pl.DataFrame:
    """Label every message of what is kept.

    Args:
        view: the rules, applied in order.
        scene: what is kept, and its tasks.

    Returns:
        Rows of the table `train_labels` without `dataset_id`, sorted by trajectory and message.

    Raises:
        RecipeError: a rule reads a column that is not there.
    """
    labels = first = first_labels(scene)
    for rule in view.rules:
        rule.check_columns(scene.kept)
        labels = rule.apply(labels, scene)
    return _confined(labels, first).select(pl.lit(view.name).alias("view"), *ROW_SCHEMA.names())


def first_labels(scene: Scene) -> pl.DataFrame:
    """Label before any rule: the policy's words have weight 1 and the advantage of their trajectory."""
    is_assistant = pl.col("role") == "assistant"
    is_trained = is_assistant & pl.col("origin").is_in(TRAINED_ORIGINS)
    reason = pl.col("origin").replace_strict(REASONS, default=TrainReason.NOT_SAMPLED, return_dtype=pl.String)
    messages = scene.frames.messages.join(scene.kept, on="trajectory_id", how="semi").sort(
        "trajectory_id", "seq"
    )
    return messages.with_columns(
        is_trained=is_trained,
        weight=is_trained.cast(pl.Float64),
        advantage=pl.when(is_trained).then(advantages_of(messages, scene)),
        reason=pl.when(is_assistant).then(reason).otherwise(pl.lit(TrainReason.NOT_ASSISTANT.value)),
        spans=pl.lit([], dtype=ROW_SCHEMA["spans"]),
        may_train=is_assistant & pl.col("origin").is_in(TRAINABLE_ORIGINS),
    ).select(LABEL_SCHEMA.names())


def advantages_of(rows: pl.DataFrame, scene: Scene) -> pl.Series:
    """Give each row the group advantage of its trajectory; null without the signal `advantages`, which knows it."""
    if "grpo_advantage" not in scene.kept.columns:
        return pl.Series("grpo_advantage", [None], pl.Float64).new_from_index(0, rows.height)
    known = scene.kept.select("trajectory_id", "grpo_advantage")
    joined = rows.select("trajectory_id").join(known, on="trajectory_id", how="left", maintain_order="left")
    return joined["grpo_advantage"]


def trains_anything() -> pl.Expr:
    """Tell of each label whether any token of its message carries loss."""
    return (
        pl.col("is_trained") | pl.col("spans").list.eval(pl.element().struct.field("is_trained")).list.any()
    )


def _confined(labels: pl.DataFrame, first: pl.DataFrame) -> pl.DataFrame:
    """Undo whatever a rule said of words that may never be trained, and let context have no weight."""
    is_trained = pl.col("is_trained") & pl.col("may_train")
    spans = pl.when("may_train").then(_confined_spans()).otherwise(pl.lit([], dtype=ROW_SCHEMA["spans"]))
    confined = labels.with_columns(
        is_trained=is_trained,
        weight=pl.when(is_trained).then("weight").otherwise(0.0),
        spans=spans,
        reason=pl.when("may_train").then("reason").otherwise(first["reason"]),
    )
    return confined.with_columns(advantage=pl.when(trains_anything()).then("advantage"))


def _confined_spans() -> pl.Expr:
    span = pl.element().struct
    weight = pl.when(span.field("is_trained")).then(span.field("weight")).otherwise(0.0)
    return pl.col("spans").list.eval(span.with_fields(weight.alias("weight")))
