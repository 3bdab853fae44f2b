"""Which messages of a kept trajectory a trainer should learn from."""

import polars as pl

from schemas.reasons import TrainReason
from schemas.tables import TABLES

REASONS = {"sampled": TrainReason.SAMPLED_BY_POLICY, "repaired": TrainReason.REPAIRED_BY_RECIPE}
"""Origins of assistant messages that are trained; all others are context."""


def train_labels(messages: pl.DataFrame, advantages: pl.DataFrame) -> pl.DataFrame:
    """Label every message: trained with weight 1, or context with weight 0.

    Args:
        messages: rows of the table `messages`.
        advantages: `trajectory_id` and `grpo_advantage` (null: unknown); a trajectory without a row has none.

    Returns:
        Rows of the table `train_labels` without `dataset_id`, sorted by trajectory and message.
    """
    is_trained = (pl.col("role") == "assistant") & pl.col("origin").is_in(list(REASONS))
    reason = (
        pl.when(pl.col("role") != "assistant")
        .then(pl.lit(TrainReason.NOT_ASSISTANT.value))
        .otherwise(
            pl.col("origin").replace_strict(REASONS, default=TrainReason.NOT_SAMPLED, return_dtype=pl.String)
        )
    )
    labelled = messages.join(
        advantages.select("trajectory_id", "grpo_advantage"), on="trajectory_id", how="left"
    ).with_columns(
        is_trained=is_trained,
        weight=is_trained.cast(pl.Float64),
        advantage=pl.when(is_trained).then("grpo_advantage"),
        reason=reason,
    )
    columns = [name for name in TABLES["train_labels"].column_names if name != "dataset_id"]
    return labelled.select(columns).sort("trajectory_id", "seq")
