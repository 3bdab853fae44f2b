"""Lists, descriptions and comparisons of datasets."""

from pathlib import Path

import msgspec
import polars as pl
import pytest

from flows.datasets.diff import diff_datasets
from flows.datasets.find import find_dataset, list_datasets
from flows.datasets.show import describe, kept_rows
from schemas.errors import DatasetNotFoundError
from tests.flows.datasets.planted import SECOND, kept_ids, plant_second
from tests.flows.finished import Finished
from warehouse import Warehouse

pytestmark = pytest.mark.slow


def test_list_says_what_each_name_means_now(house: Warehouse) -> None:
    plant_second(house, kept_ids(house)[:3])
    rows = {row["name"]: row for row in list_datasets(house).to_dicts()}
    assert rows["demo"]["exports"] == ["openai_chat", "trl_grpo", "trl_sft"]
    assert (rows["second"]["dataset_id"], rows["second"]["kept_count"], rows["second"]["exports"]) == (
        SECOND,
        3,
        [],
    )
    assert all(row["is_head"] for row in rows.values())
    assert find_dataset(house, SECOND)["name"] == "second"
    with pytest.raises(DatasetNotFoundError, match="Known datasets: demo, second"):
        find_dataset(house, "third")


def test_description_is_a_manifest_whose_figures_agree(house: Warehouse, demo_run: Finished) -> None:
    built = find_dataset(house, "demo")
    described = describe(house, built)
    assert msgspec.json.decode(msgspec.json.encode(described))["dataset_id"] == built["dataset_id"]
    assert described["recipe"]["name"] == "demo"
    assert sum(described["decision_counts"].values()) == demo_run.report.curated.read_count + (
        demo_run.report.curated.repaired_count
    )
    assert sum(row["trajectory_count"] for row in described["splits"]) == built["kept_count"]
    assert sum(row["trajectory_count"] for row in described["sources"]) == built["kept_count"]
    assert {row["format"] for row in described["exports"]} == {"trl_sft", "openai_chat", "trl_grpo"}
    manifest = msgspec.json.decode((demo_run.out / "trl_sft" / "manifest.json").read_bytes())
    assert described["trained"] == [{"view": "default", **manifest["trained"]}]
    rows = kept_rows(house, built)
    assert sorted(rows["trajectory_id"]) == kept_ids(house)
    assert rows["source_uri"].null_count() == rows["locator"].null_count() == 0


def test_dataset_does_not_differ_from_itself(house: Warehouse) -> None:
    built = find_dataset(house, "demo")
    same = diff_datasets(house, built, built)
    assert same.is_same
    assert not same.recipe
    assert not same.facts


def test_diff_tells_fates_splits_and_labels_apart(house: Warehouse, tmp_path: Path) -> None:
    del tmp_path
    ids = kept_ids(house)
    plant_second(house, ids[2:], splits={"train": "dev"}, weight=2.0)
    demo = find_dataset(house, "demo")
    changed = diff_datasets(house, demo, find_dataset(house, "second") | {"recipe": '{"name":"second"}'})
    splits = dict(kept_rows(house, demo).select("trajectory_id", "split").iter_rows())
    expected = dict.fromkeys(ids[:2], "only_a")
    expected |= {name: "split" for name in ids[2:] if splits[name] == "train"}
    assert dict(changed.trajectories.select("trajectory_id", "change").iter_rows()) == expected
    assert changed.changes["trajectory_count"].sum() == len(expected)
    only_a = changed.trajectories.filter(pl.col("change") == "only_a")
    assert set(only_a["b_reason"]) == {"below_top_k"}
    (label,) = changed.labels.to_dicts()
    assert label["changed_count"] == label["a_trained"] == label["b_trained"] > 0
    assert label["message_count"] > label["changed_count"]
    assert "+name: second" in changed.recipe
    assert not changed.is_same
