"""Pairs and labelled samples of a dataset as examples: their places in trajectories become messages.

Critiques have no place in a trajectory: their prompt is written from the record of the trajectory that is judged, and
their words are in the row.
"""

from collections.abc import Iterator

import polars as pl

from curation.pairs.critiques.prompt import critique_message, critique_prompt
from flows.datasets.rows import read_trajectories
from schemas.rows import Row
from schemas.training import PairExample, SampleExample
from schemas.trajectory import Message, Toolset, Trajectory
from warehouse import Warehouse

Words = tuple[object, ...]
Messages = tuple[Message, ...]
Sides = tuple[Messages, Messages, Messages]
"""Context, better side, worse side."""
Records = dict[str, Trajectory]
"""By trajectory id."""


def pair_examples(
    house: Warehouse, dataset_id: str, kept: pl.DataFrame
) -> Iterator[tuple[PairExample, Trajectory]]:
    """Build the pairs of one bucket whose better side is among the kept, sorted by task and pair.

    Args:
        house: the warehouse.
        dataset_id: the dataset.
        kept: rows of `read_kept` of one bucket.

    Returns:
        Each pair with the trajectory of its better side. The worse side need not be kept: of a repair it is the parent.

    Raises:
        AssertionError: the sides do not go on from the same words, which is a fault of Winnow.
    """
    pairs = _rows(house, "pairs", dataset_id, kept, owner="chosen_id")
    records = _records(house, kept, pairs.select("chosen_id", "rejected_id", "subject_id"))
    for row in pairs.iter_rows(named=True):
        chosen = records[row["chosen_id"]]
        context, better, worse = _critique_sides(row, records) or _sides(row, records)
        example = PairExample(
            pair_id=row["pair_id"],
            kind=row["rule"],
            task=chosen.task,
            context=context,
            chosen=better,
            rejected=worse,
            chosen_id=row["chosen_id"],
            rejected_id=row["rejected_id"],
            toolset=_toolset(row, chosen),
            margin=row["margin"],
            split=row["split"],
        )
        yield example, chosen


def _sides(row: Row, records: Records) -> Sides:
    """Cut both sides out of their trajectories."""
    chosen, rejected = records[row["chosen_id"]], records[row["rejected_id"]]
    count = row["context_count"]
    context = chosen.messages[:count]
    if list(map(_words, context)) != list(map(_words, rejected.messages[:count])):
        raise AssertionError(f"the sides of pair {row['pair_id']} have different contexts")
    return (
        context,
        chosen.messages[count : row["chosen_until"]],
        rejected.messages[count : row["rejected_until"]],
    )


def _critique_sides(row: Row, records: Records) -> Sides | None:
    """Write the prompt and both critiques; null of a pair that is none of critiques."""
    prompt = _critique_context(row, records)
    if prompt is None:
        return None
    better, worse = (critique_message(row[name]) for name in ("chosen_text", "rejected_text"))
    return prompt, (better,), (worse,)


def _critique_context(row: Row, records: Records) -> Messages | None:
    if row["subject_id"] is None:
        return None
    return critique_prompt(records[row["subject_id"]], row["question"], max_result_chars=row["result_chars"])


def _toolset(row: Row, trajectory: Trajectory) -> Toolset | None:
    """Give the tools of whoever speaks: a critic has none."""
    return trajectory.toolset if row["subject_id"] is None else None


def sample_examples(
    house: Warehouse, dataset_id: str, kept: pl.DataFrame
) -> Iterator[tuple[SampleExample, Trajectory]]:
    """Build the labelled samples of one bucket of kept trajectories, sorted by task and sample.

    Args:
        house: the warehouse.
        dataset_id: the dataset.
        kept: rows of `read_kept` of one bucket.
    """
    samples = _rows(house, "samples", dataset_id, kept, owner="trajectory_id")
    records = _records(house, kept, samples.select("trajectory_id", "subject_id"))
    for row in samples.iter_rows(named=True):
        trajectory = records[row["trajectory_id"]]
        context, completion = _piece(row, records)
        yield (
            SampleExample(
                sample_id=row["sample_id"],
                kind=row["rule"],
                task=trajectory.task,
                trajectory_id=row["trajectory_id"],
                context=context,
                completion=completion,
                toolset=_toolset(row, trajectory),
                is_good=row["is_good"],
                value=row["value"],
                split=row["split"],
            ),
            trajectory,
        )


def _piece(row: Row, records: Records) -> tuple[Messages, Messages]:
    """Give what is labelled behind its context."""
    prompt = _critique_context(row, records)
    if prompt is not None:
        return prompt, (critique_message(row["text"]),)
    messages, count = records[row["trajectory_id"]].messages, row["context_count"]
    return messages[:count], messages[count : row["until"]]


def _rows(house: Warehouse, table: str, dataset_id: str, kept: pl.DataFrame, *, owner: str) -> pl.DataFrame:
    rows = house.store.scan(table, buckets=[kept.item(0, "bucket")]).filter(
        pl.col("dataset_id") == dataset_id
    )
    splits = kept.select(pl.col("trajectory_id").alias(owner), "split")
    return rows.collect().join(splits, on=owner).sort("task_id", f"{table.removesuffix('s')}_id")


def _records(house: Warehouse, kept: pl.DataFrame, named: pl.DataFrame) -> Records:
    """Rebuild the records that any column names; all of a bucket at once, for a pair needs several of them."""
    ids = pl.concat([named[name] for name in named.columns]).drop_nulls().unique().sort()
    wanted = pl.DataFrame({"trajectory_id": ids}, schema={"trajectory_id": pl.String})
    if wanted.is_empty():
        return {}
    found = read_trajectories(house, kept.item(0, "bucket"), wanted)
    return {record.trajectory_id: record for record in found}


def _words(message: Message) -> Words:
    """What a message says and does, as `curation.fingerprint.message_keys` understands it."""
    calls = tuple((call.name, call.arguments) for call in message.tool_calls)
    return (message.role, message.text, message.content_json, message.reasoning, calls)
