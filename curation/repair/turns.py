"""Turns whose calls all have their results right after them: what can be taken out, or put elsewhere, as one piece."""

import polars as pl

from curation.frames import Frames


def answered_turns(frames: Frames, calls: pl.DataFrame, **facts: pl.Expr) -> pl.DataFrame:
    """List them.

    Args:
        frames: one bucket.
        calls: rows of `frames.calls`, maybe with more columns.
        facts: what to tell of the calls of a turn besides.

    Returns:
        One row per turn, in order: `trajectory_id`, `step`, `seq`, `end_seq` (of the last result), `origin`, and `facts`.
    """
    turns = calls.group_by("trajectory_id", "step", maintain_order=True).agg(
        pl.col("seq").first(),
        first_seq=pl.col("result_seq").min(),
        end_seq=pl.col("result_seq").max(),
        result_count=pl.col("result_seq").n_unique(),
        is_answered=pl.col("result_seq").is_not_null().all(),
        **facts,
    )
    origins = frames.messages.select("trajectory_id", "seq", "origin")
    return (
        turns.filter(
            "is_answered",
            pl.col("first_seq") == pl.col("seq") + 1,
            pl.col("end_seq") == pl.col("seq") + pl.col("result_count"),
        )
        .drop("first_seq", "result_count", "is_answered")
        .join(origins, on=["trajectory_id", "seq"], how="left", maintain_order="left")
    )
