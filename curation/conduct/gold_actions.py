"""Gold actions of a task, and how an agent's calls compare with them. They are for measuring only.

Read are lists of `{name, arguments}` (tau2) or `{name, kwargs}` (tau-bench), as exact JSON. An action of another
requestor than the agent is not the agent's to take; `compare_args` names the arguments that count (null: all).
"""

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

import polars as pl

from curation.keys import canonical_json, map_distinct

AGENT = "assistant"
GOLD_SCHEMA = pl.Schema(
    {"task_id": pl.String, "name": pl.String, "compared": pl.String, "arguments": pl.String}
)


def gold_calls(task_secrets: pl.DataFrame) -> pl.DataFrame:
    """List the agent's gold actions of every task that has any, once where trials differ in other secrets.

    Returns:
        One row per action: `task_id`, `name`, `compared` (JSON list of the arguments that count; "null": all) and
        `arguments` (canonical JSON).
    """
    held = task_secrets.filter(pl.col("gold_actions").is_not_null()).select("task_id", "gold_actions")
    held = held.unique(maintain_order=True)
    return pl.DataFrame(
        [row for task_id, text in held.iter_rows() for row in _actions(task_id, text)],
        schema=GOLD_SCHEMA,
        orient="row",
    )


def _actions(task_id: str, text: str) -> Iterator[tuple[str, str, str, str]]:
    try:
        actions = json.loads(text)
    except (ValueError, RecursionError):
        return
    for action in actions if isinstance(actions, list) else ():
        if isinstance(action, dict) and isinstance(action.get("name"), str) and _is_agents(action):
            arguments = action.get("arguments", action.get("kwargs"))
            spelled = canonical_json(json.dumps({} if arguments is None else arguments))
            yield task_id, action["name"], json.dumps(action.get("compare_args")), spelled


def _is_agents(action: dict[str, Any]) -> bool:
    return action.get("requestor") in (None, AGENT)


def matched_fracs(
    calls: pl.DataFrame, gold: pl.DataFrame, *, ignored: Collection[str], is_one_to_one: bool
) -> pl.DataFrame:
    """Give the share of gold actions that calls match, in any order.

    Args:
        calls: `trajectory_id`, `name` and canonical `arguments`.
        gold: the same of the gold actions, with `compared`, one row per trajectory and action.
        ignored: arguments that are compared in no action.
        is_one_to_one: whether equal gold actions need as many calls, or one call for all.

    Returns:
        `trajectory_id` and `matched_frac`, for every trajectory of `gold`.
    """
    kind = ["trajectory_id", "name", "compared"]
    wanted = _comparable(gold, ignored).group_by(*kind, "key").agg(gold_count=pl.len())
    pairs = calls.select("trajectory_id", "name", "arguments").join(
        wanted.select(kind).unique(), on=["trajectory_id", "name"]
    )
    made = _comparable(pairs, ignored).group_by(*kind, "key").agg(call_count=pl.len())
    made_count = pl.col("call_count").fill_null(0)
    needed = pl.col("gold_count")
    hits = pl.min_horizontal(needed, made_count) if is_one_to_one else pl.when(made_count > 0).then(needed)
    return (
        wanted.join(made, on=[*kind, "key"], how="left")
        .group_by("trajectory_id")
        .agg(matched_frac=hits.sum() / pl.col("gold_count").sum())
    )


def _comparable(calls: pl.DataFrame, ignored: Collection[str]) -> pl.DataFrame:
    """Add the `key` of name and arguments that count."""
    texts = calls.select(pl.concat_str("compared", pl.lit("\n"), "arguments")).to_series()
    return calls.with_columns(key=map_distinct(texts, lambda text: _project(text, ignored)))


def _project(text: str, ignored: Collection[str]) -> str:
    names, _, arguments = text.partition("\n")
    compared = json.loads(names)
    value = _object(arguments)
    if value is None:
        return arguments
    kept = {
        name: item
        for name, item in value.items()
        if name not in ignored and (compared is None or name in compared)
    }
    return json.dumps(kept, sort_keys=True)


def targets(calls: pl.DataFrame, pattern: str) -> pl.DataFrame:
    """Add `target`: the arguments, as canonical JSON, whose names match; null when none does.

    Args:
        calls: with canonical `arguments`.
        pattern: a regex of argument names.
    """
    wanted = re.compile(pattern)
    return calls.with_columns(target=map_distinct(calls["arguments"], lambda text: _target(text, wanted)))


def _target(arguments: str, wanted: re.Pattern[str]) -> str | None:
    value = _object(arguments) or {}
    kept = {name: item for name, item in value.items() if wanted.search(name)}
    return json.dumps(kept, sort_keys=True) if kept else None


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
