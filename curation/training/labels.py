"""How loss rules change labels: mask messages or spans of them, weigh them, give them advantages.

Every change is of messages of which something is trained; the others keep label and reason.
"""

import polars as pl

from curation.training.view import trains_anything
from schemas.reasons import TrainReason

MESSAGE_KEY = ("trajectory_id", "seq")


def is_among(labels: pl.DataFrame, messages: pl.DataFrame) -> pl.Series:
    """Tell of each label whether its message is one of those that `trajectory_id` and `seq` name."""
    named = messages.select(MESSAGE_KEY).unique().with_columns(is_named=pl.lit(value=True))
    found = labels.select(MESSAGE_KEY).join(named, on=MESSAGE_KEY, how="left", maintain_order="left")
    return found["is_named"].fill_null(value=False)


def mask_messages(labels: pl.DataFrame, where: pl.Expr | pl.Series, reason: TrainReason) -> pl.DataFrame:
    """Let messages be context only, whatever was said of parts of them."""
    is_masked = trains_anything() & where
    return labels.with_columns(
        is_trained=pl.col("is_trained") & ~is_masked,
        weight=pl.when(is_masked).then(0.0).otherwise("weight"),
        spans=pl.when(is_masked).then(pl.lit([], dtype=labels.schema["spans"])).otherwise("spans"),
        reason=pl.when(is_masked).then(pl.lit(reason.value)).otherwise("reason"),
    )


def mask_spans(labels: pl.DataFrame, spans: pl.DataFrame, reason: TrainReason) -> pl.DataFrame:
    """Let characters of messages be context only; the rest keeps its label.

    Args:
        labels: one row per message.
        spans: `trajectory_id`, `seq`, `part`, `call`, `begin`, `end`, as in the column `spans`, in any order.
        reason: of these spans.
    """
    places = ("part", "call", "begin", "end")
    told = spans.sort(*MESSAGE_KEY, *places).with_columns(
        is_trained=pl.lit(value=False), weight=pl.lit(0.0), reason=pl.lit(reason.value)
    )
    by_message = told.group_by(MESSAGE_KEY, maintain_order=True).agg(
        more=pl.struct(*places, "is_trained", "weight", "reason")
    )
    by_message = by_message.cast({"more": labels.schema["spans"]})
    joined = labels.join(by_message, on=MESSAGE_KEY, how="left", maintain_order="left")
    # Said twice, a span stands where it was said last: of two that overlap the later counts.
    both = pl.concat_list("spans", "more").list.reverse().list.unique(maintain_order=True).list.reverse()
    is_hit = pl.col("more").is_not_null() & trains_anything()
    return joined.with_columns(spans=pl.when(is_hit).then(both).otherwise("spans")).drop("more")


def scale_weights(labels: pl.DataFrame, factor: pl.Series, reason: TrainReason) -> pl.DataFrame:
    """Multiply weights, those of trained spans too.

    Args:
        labels: one row per message.
        factor: 0 or more for each of these rows; null changes nothing, 0 makes context of the message.
        reason: of what was weighed.
    """
    weighed = labels.with_columns(factor=factor.fill_null(1.0).cast(pl.Float64))
    is_changed = trains_anything() & (pl.col("factor") != 1)
    scaled = weighed.with_columns(
        weight=pl.col("weight") * pl.col("factor"),
        reason=pl.when(is_changed).then(pl.lit(reason.value)).otherwise("reason"),
    )
    masked = mask_messages(_scale_spans(scaled), pl.col("factor") == 0, reason)
    return masked.select(labels.columns)


def _scale_spans(labels: pl.DataFrame) -> pl.DataFrame:
    """Multiply the weights of spans by the column `factor` of their message."""
    numbered = labels.with_row_index("row")
    parts = numbered.filter(pl.col("spans").list.len() > 0).select("row", "factor", "spans").explode("spans")
    weight = pl.col("spans").struct.field("weight") * pl.col("factor")
    lists = (
        parts.with_columns(pl.col("spans").struct.with_fields(weight.alias("weight")))
        .group_by("row", maintain_order=True)
        .agg(scaled="spans")
    )
    joined = numbered.join(lists, on="row", how="left", maintain_order="left")
    return joined.with_columns(spans=pl.coalesce("scaled", "spans")).drop("row", "scaled")


def set_advantages(labels: pl.DataFrame, advantage: pl.Series, reason: TrainReason) -> pl.DataFrame:
    """Give trained messages other advantages; null is unknown."""
    is_hit = trains_anything()
    return labels.with_columns(
        advantage=pl.when(is_hit).then(advantage).otherwise("advantage"),
        reason=pl.when(is_hit).then(pl.lit(reason.value)).otherwise("reason"),
    )
