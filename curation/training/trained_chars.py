"""Count the characters that labels train: a measure of tokens before a tokenizer is chosen."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import polars as pl

from curation.training.labels import MESSAGE_KEY
from curation.training.text_parts import text_parts


def trained_chars(labels: pl.DataFrame, messages: pl.DataFrame) -> pl.DataFrame:
    """Count characters of words, reasoning, and names and arguments of calls.

    Args:
        labels: rows with `is_trained`, `weight` and `spans`, in any order.
        messages: rows of `messages`, at least those of the labels.

    Returns:
        One row per label of an assistant, in the order of the labels: `trajectory_id`, `seq`, `chars`, `trained_chars`,
        `weighted_chars` (each trained character counted with its weight).
    """
    parts = text_parts(messages.join(labels, on=MESSAGE_KEY, how="semi"))
    names = messages.select(
        *MESSAGE_KEY,
        names=pl.col("tool_calls").list.eval(pl.element().struct.field("name").str.len_chars()).list.sum(),
    )
    lengths = parts.group_by(MESSAGE_KEY).agg(texts=pl.col("content").str.len_chars().sum())
    counted = labels.join(names, on=MESSAGE_KEY, maintain_order="left").join(
        lengths, on=MESSAGE_KEY, how="left", maintain_order="left"
    )
    chars = pl.col("names").fill_null(0).cast(pl.Int64) + pl.col("texts").fill_null(0).cast(pl.Int64)
    trained = pl.col("chars") * pl.col("is_trained")
    whole = counted.with_columns(chars=chars).with_columns(
        trained_chars=trained, weighted_chars=trained * pl.col("weight")
    )
    corrected = _of_spans(whole.filter(pl.col("spans").list.len() > 0), messages)
    return whole.select(*MESSAGE_KEY, "chars", "trained_chars", "weighted_chars").update(
        corrected, on=list(MESSAGE_KEY)
    )


def _of_spans(labels: pl.DataFrame, messages: pl.DataFrame) -> pl.DataFrame:
    """Count the few messages whose parts differ, character by character."""
    parts = text_parts(messages.join(labels, on=MESSAGE_KEY, how="semi"))
    texts: dict[tuple[str, int], list[tuple[str, int | None, int]]] = {}
    for trajectory_id, seq, part, call, content in parts.iter_rows():
        texts.setdefault((trajectory_id, seq), []).append((part, call, len(content)))
    names = messages.join(labels, on=MESSAGE_KEY, how="semi").select(*MESSAGE_KEY, "tool_calls")
    called = {(owner, seq): calls for owner, seq, calls in names.iter_rows()}
    rows = [
        (*key, *_count(label, texts.get(key, []), [len(call["name"]) for call in called[key]]))
        for label in labels.iter_rows(named=True)
        if (key := (label["trajectory_id"], label["seq"]))
    ]
    schema = {
        "trajectory_id": pl.String,
        "seq": pl.Int64,
        "trained_chars": pl.Int64,
        "weighted_chars": pl.Float64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _count(
    label: Mapping[str, Any], texts: Iterable[tuple[str, int | None, int]], name_chars: list[int]
) -> tuple[int, float]:
    """Count trained characters of one message, and their weights."""
    whole = label["weight"] if label["is_trained"] else np.nan
    weights: list[float] = []
    for part, call, length in texts:
        own = np.full(length, whole)
        name = whole
        for span in label["spans"]:
            if (span["part"], span["call"]) == (part, call):
                value = span["weight"] if span["is_trained"] else np.nan
                own[span["begin"] : span["end"]] = value
                name = value if span["begin"] == 0 and span["end"] is None else name
        weights.extend(own)
        weights.extend([name] * (0 if call is None else name_chars[call]))
    known = np.array(weights, dtype=np.float64)
    return int((~np.isnan(known)).sum()), float(np.nansum(known))
