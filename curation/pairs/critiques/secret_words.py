"""Words of others that would give away what no policy may see."""

import json
import re
from collections.abc import Iterator

import polars as pl

from curation.frames import Frames

SECRET_COLUMNS = ("gold_actions", "gold_outputs", "private_instruction", "extra")


def gives_away(told: pl.DataFrame, frames: Frames) -> pl.Series:
    """Tell which explanations name a secret of their task that the trajectory's own messages do not name.

    A secret is each string or number inside gold answers, gold calls, private instructions and other private fields;
    it is named where it stands as whole words, in any case.

    Args:
        told: `trajectory_id`, `explanation`; few rows.
        frames: the tasks' secrets, and the messages.
    """
    tasks = dict(frames.trajectories.select("trajectory_id", "task_id").iter_rows())
    secrets: dict[str, set[str]] = {}
    for row in frames.task_secrets.iter_rows(named=True):
        leaves = (leaf for name in SECRET_COLUMNS for leaf in _leaves(_parsed(row[name])))
        secrets.setdefault(row["task_id"], set()).update(leaves)
    heard = _words_of(frames.messages, told["trajectory_id"])
    named = [
        any(
            _names(explanation, secret) and not _names(heard.get(owner, ""), secret)
            for secret in secrets.get(tasks[owner], ())
        )
        for owner, explanation in told.select("trajectory_id", "explanation").iter_rows()
    ]
    return pl.Series(named, dtype=pl.Boolean)


def _words_of(messages: pl.DataFrame, trajectory_ids: pl.Series) -> dict[str, str]:
    own = messages.filter(pl.col("trajectory_id").is_in(trajectory_ids.unique().implode()))
    arguments = pl.col("tool_calls").list.eval(pl.element().struct.field("arguments")).list.join("\n")
    said = own.sort("trajectory_id", "seq").select(
        "trajectory_id", said=pl.concat_str(["text", arguments], separator="\n", ignore_nulls=True)
    )
    joined = said.group_by("trajectory_id").agg(pl.col("said").str.join("\n"))
    return dict(joined.iter_rows())


def _parsed(text: str | None) -> object:
    try:
        return None if text is None else json.loads(text)
    except (ValueError, RecursionError):
        return text


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, str | float | int) and not isinstance(value, bool):
        yield from filter(None, (str(value).strip(),))


def _names(text: str, secret: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(secret)}(?!\w)", text, re.IGNORECASE) is not None
