"""The examples of a dataset that a training format gets, bucket by bucket, in an order that depends on ids alone."""

from collections.abc import Iterator

import polars as pl

from flows.datasets.pair_examples import pair_examples, sample_examples
from flows.datasets.rows import read_labels, read_trajectories
from schemas.rows import Row
from schemas.training import Example, TaskExample, TrainingExample, prompt_messages
from schemas.training.format import Unit
from schemas.trajectory import Trajectory
from warehouse import Warehouse

Chosen = tuple[Example, Trajectory]
"""An example, and the trajectory that it stands on."""

EVERYTHING = "true"
"""The predicate that chooses all: no view has to be opened for it."""
CHOSEN = "SELECT trajectory_id FROM trajectory_overview WHERE {where}"
# A task's figures over all its groups; repairs are no trials, and the signals do not count them.
TASK_FIGURES = """
    SELECT task_id, sum(trial_count)::BIGINT AS trial_count,
           sum(success_count) / nullif(sum(scored_trial_count), 0) AS pass_rate,
           sum(reward_mean * scored_trial_count) / nullif(sum(scored_trial_count), 0) AS reward_mean
    FROM group_signals WHERE bucket = $bucket GROUP BY task_id
"""


def read_kept(house: Warehouse, dataset_id: str, where: str) -> pl.DataFrame:
    """Find the kept trajectories that a predicate over `trajectory_overview` chooses.

    Returns:
        `trajectory_id`, `task_id`, `bucket`, `rule` and `split`, in the order in which they are written.
    """
    decisions = house.store.scan("decisions").filter(
        (pl.col("dataset_id") == dataset_id) & (pl.col("verdict") == "kept")
    )
    there = house.store.scan("trajectories", columns=["trajectory_id"])
    if where != EVERYTHING:
        with house.console() as console:  # the predicate sees what people see there
            there = console.sql(CHOSEN.format(where=where)).to_polars().lazy()
    kept = decisions.join(there, on="trajectory_id", how="semi")
    named = kept.select("trajectory_id", "task_id", "bucket", "rule", pl.col("split").fill_null("train"))
    return named.sort("bucket", "task_id", "trajectory_id").collect()


def examples_of(
    house: Warehouse, dataset_id: str, kept: pl.DataFrame, *, unit: Unit, view: str
) -> Iterator[Chosen]:
    """Build the examples of one bucket.

    Args:
        house: the warehouse as the dataset's curation saw it.
        dataset_id: the dataset.
        kept: rows of `read_kept` of one bucket.
        unit: what the format takes for one example.
        view: the training view.
    """
    if unit == "trajectory":
        return _trajectory_examples(house, dataset_id, kept, view=view)
    if unit == "task":
        return _task_examples(house, kept.unique("task_id", keep="first", maintain_order=True))
    if unit == "pair":
        return pair_examples(house, dataset_id, kept)
    return sample_examples(house, dataset_id, kept)


def _trajectory_examples(
    house: Warehouse, dataset_id: str, kept: pl.DataFrame, *, view: str
) -> Iterator[Chosen]:
    bucket = kept.item(0, "bucket")
    labels = read_labels(house, dataset_id, bucket, kept, view=view)
    for trajectory, (trajectory_id, split) in zip(
        read_trajectories(house, bucket, kept), kept.select("trajectory_id", "split").iter_rows(), strict=True
    ):
        own = labels.get(trajectory_id, {})
        yield TrainingExample(trajectory=trajectory, labels=own, split=split), trajectory


def _task_examples(house: Warehouse, kept: pl.DataFrame) -> Iterator[Chosen]:
    bucket = kept.item(0, "bucket")
    figures = _task_figures(house, bucket)
    for trajectory, (task_id, split) in zip(
        read_trajectories(house, bucket, kept), kept.select("task_id", "split").iter_rows(), strict=True
    ):
        example = TaskExample(
            task=trajectory.task,
            prompt=prompt_messages(trajectory),
            toolset=trajectory.toolset,
            figures=figures.get(task_id, {}),
            split=split,
        )
        yield example, trajectory


def _task_figures(house: Warehouse, bucket: int) -> dict[str, Row]:
    rows = house.sql(TASK_FIGURES, {"bucket": bucket}).to_polars().to_dicts()
    return {row.pop("task_id"): row for row in rows}
