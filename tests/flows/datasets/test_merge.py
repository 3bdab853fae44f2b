"""Merged datasets: each trajectory once, splits that hold, and rows that say where they are from."""

from pathlib import Path

import polars as pl
import pytest

from flows.datasets.delete import delete
from flows.datasets.find import find_dataset
from flows.datasets.folder import write_export
from flows.datasets.manifest import Choices
from flows.datasets.merge import merge
from flows.datasets.rebuild import rebuild, redecide
from schemas.errors import DatasetNotFoundError, WinnowError
from tests.flows.datasets.planted import SECOND, kept_ids, plant_second
from warehouse import Warehouse
from warehouse.integrity import check

pytestmark = pytest.mark.slow
LOSSY = {"unsupported": "lose"}


def test_union_has_each_trajectory_once_with_the_labels_of_the_first(
    house: Warehouse, tmp_path: Path
) -> None:
    ids = kept_ids(house)
    plant_second(house, ids[:5], weight=3.0)
    report = merge.fn(warehouse=house.root, datasets=["second", "demo"], name="both")
    assert kept_ids(house, "both") == ids
    assert (report.kept_count, report.repeated_count) == (len(ids), 5)
    demo = find_dataset(house, "demo")["dataset_id"]
    assert report.counts == {SECOND: 5, demo: len(ids) - 5}
    labels = house.store.read("train_labels").filter(pl.col("dataset_id") == report.dataset_id)
    weights = (
        labels.filter("is_trained")
        .group_by(pl.col("trajectory_id").is_in(ids[:5]))
        .agg(pl.col("weight").unique())
    )
    assert dict(weights.iter_rows()) == {True: [3.0], False: [1.0]}
    key = ["view", "trajectory_id", "seq"]
    assert labels.select(key).is_unique().all()
    demo_labels = house.store.read("train_labels").filter(pl.col("dataset_id") == demo)
    assert labels.select(key).sort(key).equals(demo_labels.select(key).sort(key))

    choices = Choices(format_name="trl_sft", parameters=LOSSY)
    written = write_export(house, find_dataset(house, "both"), choices, tmp_path / "out")
    assert written.row_count == len(ids)
    origins = pl.read_parquet(tmp_path / "out" / "provenance.parquet")
    parts = dict(origins.select("trajectory_id", "dataset_id").iter_rows())
    assert parts == {name: SECOND if name in ids[:5] else demo for name in ids}
    (again,) = rebuild(house, str(tmp_path / "out"), tmp_path / "again")
    assert again.is_same
    assert again.file_count >= 4
    assert check(house).is_empty()


def test_merging_again_writes_nothing_and_what_a_killed_merge_left_is_removed(house: Warehouse) -> None:
    ids = kept_ids(house)
    plant_second(house, ids[:5])
    first = merge.fn(warehouse=house.root, datasets=["demo", "second"], name="both")
    tables = ("decisions", "train_labels", "datasets", "lineage", "dataset_heads")
    before = {name: house.store.version(name) for name in tables}
    assert merge.fn(warehouse=house.root, datasets=["demo", "second"], name="both") == first
    assert {name: house.store.version(name) for name in tables} == before

    rows = {name: house.store.read(name) for name in tables}
    house.store.delete(
        "datasets", f"dataset_id = '{first.dataset_id}'"
    )  # as if killed before its last commit
    assert merge.fn(warehouse=house.root, datasets=["demo", "second"], name="both") == first
    for name in tables:
        assert rows[name].equals(house.store.read(name)), name


def test_task_in_two_splits_is_an_error_that_names_it_unless_one_is_chosen(house: Warehouse) -> None:
    ids = kept_ids(house)
    plant_second(house, ids[:5], splits={"train": "test", "test": "train"})
    with pytest.raises(
        WinnowError, match=r"in different splits of the datasets: winnow-sim \S+ \(test, train\)"
    ):
        merge.fn(warehouse=house.root, datasets=["demo", "second"], name="both")
    with pytest.raises(WinnowError, match=r"No part has a split 'dev'\. Splits that they have: test, train"):
        merge.fn(warehouse=house.root, datasets=["demo", "second"], name="both", splits="dev")
    report = merge.fn(warehouse=house.root, datasets=["demo", "second"], name="both", splits="test")
    rows = house.store.read("decisions")
    torn = rows.filter((pl.col("dataset_id") == SECOND) & (pl.col("verdict") == "kept"))["task_id"]
    merged = rows.filter(pl.col("dataset_id") == report.dataset_id)
    assert set(merged.filter(pl.col("task_id").is_in(torn.implode()))["split"]) == {"test"}
    assert (merged.group_by("task_id").agg(pl.col("split").n_unique())["split"] == 1).all()


def test_merge_needs_two_datasets_that_exist(house: Warehouse) -> None:
    with pytest.raises(WinnowError, match="two or more different datasets"):
        merge.fn(warehouse=house.root, datasets=["demo", "demo"], name="both")
    with pytest.raises(DatasetNotFoundError, match="No dataset 'absent'"):
        merge.fn(warehouse=house.root, datasets=["demo", "absent"], name="both")


def test_part_of_a_merged_dataset_is_deleted_by_force_alone_and_never_its_trajectories(
    house: Warehouse,
) -> None:
    ids = kept_ids(house)
    plant_second(house, ids[:5])
    merged = merge.fn(warehouse=house.root, datasets=["demo", "second"], name="both")
    kept = {name: house.store.version(name) for name in ("trajectories", "messages", "records")}
    with pytest.raises(WinnowError, match="'second' is a part of merged ones: both"):
        delete.fn(warehouse=house.root, dataset="second")
    report = delete.fn(warehouse=house.root, dataset="second", force=True)
    assert report.row_counts["datasets"] == 1
    for table in ("datasets", "decisions", "train_labels", "dataset_heads"):
        assert SECOND not in house.store.read(table)["dataset_id"], table
    assert {name: house.store.version(name) for name in kept} == kept
    assert kept_ids(house, "both") == ids
    with pytest.raises(WinnowError, match="was merged: no recipe decided it"):
        redecide(house, "both")
    delete.fn(warehouse=house.root, dataset=merged.dataset_id)
    with pytest.raises(DatasetNotFoundError, match=r"No dataset 'both'\. Known datasets: demo"):
        delete.fn(warehouse=house.root, dataset="both")


def test_killed_delete_can_be_run_again_by_the_same_name(house: Warehouse) -> None:
    plant_second(house, kept_ids(house)[:5])
    house.store.delete("datasets", f"dataset_id = '{SECOND}'")
    report = delete.fn(warehouse=house.root, dataset="second")
    assert report.row_counts["decisions"] > 0
    assert SECOND not in house.store.read("decisions")["dataset_id"]
    with pytest.raises(DatasetNotFoundError, match="No dataset 'second'"):
        delete.fn(warehouse=house.root, dataset="second")
