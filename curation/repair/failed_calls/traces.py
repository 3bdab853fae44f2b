"""What a failed call told that nothing before it had told, and where the agent uses it later. Ours."""

import polars as pl

from schemas.trajectory import Role

WORDS = -1
"""Stands for a turn's own words where the others are indexes of its calls."""

TOKEN = r"[\p{L}\p{N}_#@/.\-]+"  # noqa: S105 - a pattern of words
EDGES = "./-"
MIN_ID_CHARS = 2
MIN_WORD_CHARS = 4
ID = r"\p{N}|[_@/]|\p{L}\.\p{L}"
"""What tells a name, a number or a path from a common word."""

ENOUGH_WORDS = 2
"""How many new words in one text are a quotation; one id is."""


def failure_traces(messages: pl.DataFrame, calls: pl.DataFrame, failed: pl.DataFrame) -> pl.DataFrame:
    """Find the places that use what only a failed result brought.

    Brought are ids (with a digit, `_`, `/`, `@` or an inner dot) and words of four letters or more of the result that
    nothing before it in the trajectory holds, in any case of letters. A place uses them when it holds one such id, or two
    such words; in the arguments of a call one word is enough.

    Args:
        messages: whole trajectories.
        calls: their rows of `call_rows`.
        failed: those of `calls` that failed, with a result.

    Returns:
        One row per failed call and place: `trajectory_id`, `seq`, `call_index`, `use_seq` of a later assistant message,
        and `use_call`, which of its calls holds it in its arguments (`WORDS`: its text or reasoning).
    """
    key = ["trajectory_id", "result_seq"]
    results = messages.join(failed, left_on=["trajectory_id", "seq"], right_on=key, how="semi")
    candidates = _tokens(results.select("trajectory_id", "text", at="seq")).select("trajectory_id", "token")
    places = pl.concat([_spoken(messages), _asked(calls)])
    held = _tokens(places).join(candidates.unique(), on=["trajectory_id", "token"], how="semi")
    first = held.group_by("trajectory_id", "token").agg(result_seq=pl.col("at").min())
    brought = first.join(failed.select(*key, "seq", "call_index"), on=key)
    uses = held.filter("is_policy").join(brought, on=["trajectory_id", "token"])
    later = uses.filter(pl.col("at") > pl.col("result_seq")).with_columns(
        weight=pl.when(_is_id() | (pl.col("part") != WORDS)).then(ENOUGH_WORDS).otherwise(1)
    )
    found = later.group_by(
        "trajectory_id", "seq", "call_index", use_seq="at", use_call="part", maintain_order=True
    ).agg(pl.col("weight").sum())
    return found.filter(pl.col("weight") >= ENOUGH_WORDS).drop("weight")


def _spoken(messages: pl.DataFrame) -> pl.DataFrame:
    """Give the words of every message."""
    words = pl.concat_str("text", "reasoning", separator=" ", ignore_nulls=True)
    return messages.select(
        "trajectory_id",
        at=pl.col("seq"),
        part=pl.lit(WORDS, pl.Int64),
        is_policy=pl.col("role") == Role.ASSISTANT.value,
        text=words,
    )


def _asked(calls: pl.DataFrame) -> pl.DataFrame:
    """Give the names and arguments of every call."""
    return calls.select(
        "trajectory_id",
        at=pl.col("seq"),
        part=pl.col("call_index").cast(pl.Int64),
        is_policy=pl.lit(value=True),
        text=pl.concat_str("name", "raw_arguments", separator=" "),
    )


def _tokens(places: pl.DataFrame) -> pl.DataFrame:
    """Split texts into ids and words, each once per place."""
    tokens = pl.col("text").str.to_lowercase().str.extract_all(TOKEN).list.unique()
    split = places.with_columns(token=tokens).drop("text").explode("token").drop_nulls("token")
    named = split.with_columns(pl.col("token").str.strip_chars(EDGES))
    least = pl.when(_is_id()).then(MIN_ID_CHARS).otherwise(MIN_WORD_CHARS)
    return named.filter(pl.col("token").str.len_chars() >= least).unique(maintain_order=True)


def _is_id() -> pl.Expr:
    return pl.col("token").str.contains(ID)
