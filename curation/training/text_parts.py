"""The texts of assistant messages as spans name them: words, reasoning, and the raw arguments of each call."""

import polars as pl

PART_SCHEMA = {
    "trajectory_id": pl.String,
    "seq": pl.Int64,
    "part": pl.String,
    "call": pl.Int64,
    "content": pl.String,
}


def text_parts(messages: pl.DataFrame) -> pl.DataFrame:
    """List the texts of assistant messages.

    Returns:
        One row per text that is there: `trajectory_id`, `seq`, `part`, `call` (index, null but for calls), `content`.
    """
    turns = messages.filter(pl.col("role") == "assistant")
    calls = (
        turns.select(
            "trajectory_id", "seq", "tool_calls", call=pl.int_ranges(pl.col("tool_calls").list.len())
        )
        .filter(pl.col("tool_calls").list.len() > 0)
        .explode("tool_calls", "call")
        .with_columns(part=pl.lit("call"), content=pl.col("tool_calls").struct.field("arguments"))
    )
    plain = [
        turns.with_columns(part=pl.lit(name), call=pl.lit(None), content=pl.col(name))
        for name in ("text", "reasoning")
    ]
    listed = (
        frame.select(pl.col(name).cast(kind) for name, kind in PART_SCHEMA.items())
        for frame in (*plain, calls)
    )
    return pl.concat(listed).drop_nulls("content")
