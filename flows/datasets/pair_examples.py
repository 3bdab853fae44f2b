"""Pairs and labelled samples of a dataset as examples: their places in trajectories become messages."""

from collections.abc import Iterator

import polars as pl

from flows.datasets.rows import read_trajectories
from schemas.training import PairExample, SampleExample
from schemas.trajectory import Message, Trajectory
from warehouse import Warehouse

Words = tuple[object, ...]


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
    sides = pl.concat([pairs["chosen_id"], pairs["rejected_id"]])
    records = _records(house, kept, sides)
    for row in pairs.iter_rows(named=True):
        chosen, rejected = records[row["chosen_id"]], records[row["rejected_id"]]
        count = row["context_count"]
        context = chosen.messages[:count]
        if list(map(_words, context)) != list(map(_words, rejected.messages[:count])):
            raise AssertionError(f"the sides of pair {row['pair_id']} have different contexts")
        yield (
            PairExample(
                pair_id=row["pair_id"],
                kind=row["rule"],
                task=chosen.task,
                context=context,
                chosen=chosen.messages[count : row["chosen_until"]],
                rejected=rejected.messages[count : row["rejected_until"]],
                chosen_id=row["chosen_id"],
                rejected_id=row["rejected_id"],
                toolset=chosen.toolset,
                margin=row["margin"],
                split=row["split"],
            ),
            chosen,
        )


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
    records = _records(house, kept, samples["trajectory_id"])
    for row in samples.iter_rows(named=True):
        trajectory = records[row["trajectory_id"]]
        yield (
            SampleExample(
                sample_id=row["sample_id"],
                kind=row["rule"],
                task=trajectory.task,
                trajectory_id=row["trajectory_id"],
                context=trajectory.messages[: row["context_count"]],
                completion=trajectory.messages[row["context_count"] : row["until"]],
                toolset=trajectory.toolset,
                is_good=row["is_good"],
                value=row["value"],
                split=row["split"],
            ),
            trajectory,
        )


def _rows(house: Warehouse, table: str, dataset_id: str, kept: pl.DataFrame, *, owner: str) -> pl.DataFrame:
    rows = house.store.scan(table, buckets=[kept.item(0, "bucket")]).filter(
        pl.col("dataset_id") == dataset_id
    )
    splits = kept.select(pl.col("trajectory_id").alias(owner), "split")
    return rows.collect().join(splits, on=owner).sort("task_id", f"{table.removesuffix('s')}_id")


def _records(house: Warehouse, kept: pl.DataFrame, trajectory_ids: pl.Series) -> dict[str, Trajectory]:
    """Rebuild the records that pairs of one bucket stand on; all at once, for a pair needs two of them."""
    wanted = pl.DataFrame(
        {"trajectory_id": trajectory_ids.unique().sort()}, schema={"trajectory_id": pl.String}
    )
    if wanted.is_empty():
        return {}
    found = read_trajectories(house, kept.item(0, "bucket"), wanted)
    return {record.trajectory_id: record for record in found}


def _words(message: Message) -> Words:
    """What a message says and does, as `curation.fingerprint.message_keys` understands it."""
    calls = tuple((call.name, call.arguments) for call in message.tool_calls)
    return (message.role, message.text, message.content_json, message.reasoning, calls)
