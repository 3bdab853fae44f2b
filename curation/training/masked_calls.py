"""Mask single calls of messages: a message all of whose calls are bad is masked whole."""

import polars as pl

from curation.frames import Frames
from curation.training.labels import MESSAGE_KEY, is_among, mask_messages, mask_spans
from schemas.reasons import TrainReason


def mask_calls(labels: pl.DataFrame, frames: Frames, bad: pl.DataFrame, reason: TrainReason) -> pl.DataFrame:
    """Mask calls.

    A message all of whose calls are bad is masked with its words and its reasoning, which led there. Of several calls of
    which some are good only the bad ones are masked. A call that the scaffold took from the words has no place of its
    own in them: one bad one masks the message.

    Args:
        labels: one row per message.
        frames: with the calls.
        bad: `trajectory_id`, `seq`, `call_index`, as in `frames.calls`.
        reason: of the calls and messages that are masked.
    """
    counts = frames.messages.select(
        *MESSAGE_KEY,
        sampled=pl.col("tool_calls").list.len().cast(pl.Int64),
        called=pl.concat_list("tool_calls", "text_calls").list.len().cast(pl.Int64),
    )
    told = bad.join(counts, on=MESSAGE_KEY, how="left")
    is_whole = (pl.len() == pl.col("called")) | (pl.col("call_index") >= pl.col("sampled")).any()
    judged = told.with_columns(is_whole=is_whole.over(MESSAGE_KEY))
    masked = mask_messages(labels, is_among(labels, judged.filter("is_whole")), reason)
    spans = judged.filter(~pl.col("is_whole")).select(
        *MESSAGE_KEY,
        part=pl.lit("call"),
        call=pl.col("call_index"),
        begin=pl.lit(0, pl.Int64),
        end=pl.lit(None, pl.Int64),
    )
    return mask_spans(masked, spans, reason)
