"""The texts of the warehouse's tasks, private ones included: for matching only, never for a text that anyone reads."""

from collections.abc import Iterator

import polars as pl

from curation.keys import map_distinct, read_json
from schemas.trajectory import Origin
from warehouse import Warehouse

TEXT_COLUMNS = ("task_id", "benchmark", "task_key", "text")


def read_all_texts(house: Warehouse, benchmark: str | None = None) -> pl.DataFrame:
    """Give every text of each task.

    What the policy is told, and what only the user simulator knows; of a task without either the words of the user before
    the first assistant turn, in the trajectory with the smallest id.

    Args:
        house: the warehouse.
        benchmark: of which suite; of all when null.

    Returns:
        `TEXT_COLUMNS`, sorted, each text of a task once; one row with a null text for a task of which none is known.
    """
    tasks = house.store.read("tasks", columns=["task_id", "bucket", "benchmark", "task_key", "instruction"])
    if benchmark is not None:
        tasks = tasks.filter(pl.col("benchmark") == benchmark)
    secrets = _secrets(house)
    told = pl.concat(
        [
            tasks.select("task_id", text="instruction", rank=pl.lit(0)),
            secrets.select("task_id", text="private_instruction", rank=pl.lit(1)),
        ]
    ).drop_nulls("text")
    openings = _openings(house, tasks.join(told, on="task_id", how="anti"))
    texts = pl.concat([told, openings.with_columns(rank=pl.lit(2))]).unique(["task_id", "text"])
    named = tasks.select("task_id", "benchmark", "task_key").join(texts, on="task_id", how="left")
    return named.sort("task_id", "rank", "text").select(TEXT_COLUMNS)


def read_task_texts(house: Warehouse) -> pl.DataFrame:
    """Give the first text of each task, as of `read_all_texts`: one row per task."""
    return read_all_texts(house).unique("task_id", keep="first", maintain_order=True)


def read_told(house: Warehouse) -> pl.DataFrame:
    """Give `task_id`, `instruction`, `private_instruction` and `policy`, a row for each private instruction of a task."""
    tasks = house.store.read("tasks", columns=["task_id", "instruction", "policy"])
    return tasks.join(_secrets(house), on="task_id", how="left").sort("task_id", "private_instruction")


def _secrets(house: Warehouse) -> pl.DataFrame:
    """Give `task_id` and `private_instruction`, each pair once."""
    secrets = house.store.scan("task_secrets", columns=["task_id", "private_instruction"]).collect()
    known = secrets.drop_nulls().unique()
    return known.with_columns(private_instruction=map_distinct(known["private_instruction"], plain_text))


def plain_text(text: str) -> str:
    r"""Give the strings of a JSON object, one per line, for tau2 writes its instructions so; other text as it is.

    Examples:
        >>> plain_text('{"reason": "You want\\na refund.", "persona": null}')
        'You want\na refund.'
    """
    try:
        value = read_json(text) if text.lstrip().startswith("{") else text
    except (ValueError, RecursionError):
        return text
    return "\n".join(_strings(value))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)


def _openings(house: Warehouse, tasks: pl.DataFrame) -> pl.DataFrame:
    """Give `task_id` and `text`: what the user says first, read one bucket after another."""
    parts = [
        _opening_of_bucket(house, part)
        for part in tasks.select("task_id", "bucket").partition_by("bucket", maintain_order=True)
    ]
    return pl.concat([pl.DataFrame(schema={"task_id": pl.String, "text": pl.String}), *parts])


def _opening_of_bucket(house: Warehouse, tasks: pl.DataFrame) -> pl.DataFrame:
    buckets = tasks["bucket"].unique().to_list()
    first = (
        house.store.scan("trajectories", columns=["trajectory_id", "task_id", "relation"], buckets=buckets)
        .filter(pl.col("relation").ne_missing("repair"))
        .join(tasks.lazy().select("task_id"), on="task_id", how="semi")
        .group_by("task_id")
        .agg(pl.col("trajectory_id").min())
    )
    messages = house.store.scan(
        "messages", columns=["trajectory_id", "seq", "role", "origin", "text"], buckets=buckets
    )
    said = messages.join(first, on="trajectory_id").collect().sort("trajectory_id", "seq")
    # A demonstration or a fixed greeting is no turn of the policy.
    is_own = pl.col("role").eq("assistant") & ~pl.col("origin").is_in([Origin.DEMO, Origin.SCRIPTED])
    has_begun = is_own.cum_max().over("trajectory_id")
    is_told = pl.col("role").eq("user") & pl.col("origin").ne(Origin.DEMO)
    opening = said.filter(~has_begun, is_told).drop_nulls("text")
    return opening.group_by("task_id", maintain_order=True).agg(pl.col("text").str.join("\n"))
