"""Recipes that name protected sets, and splits that leave near-duplicate tasks on one side."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from flows.curate import curate
from flows.protect import protect
from flows.recipes import load_recipe
from flows.resolve import resolve
from flows.task_texts import read_task_texts
from schemas.errors import UnknownNameError
from tests.flows.finished import Finished
from warehouse import Warehouse

pytestmark = pytest.mark.slow


@pytest.fixture
def house(demo_run: Finished, tmp_path: Path) -> Warehouse:
    """A copy of a scored warehouse, to write into."""
    shutil.copytree(demo_run.root, tmp_path / "warehouse", ignore=shutil.ignore_patterns("prefect"))
    return Warehouse(tmp_path / "warehouse")


def recipe(folder: Path, body: str) -> Path:
    path = folder / "clean.yaml"
    path.write_text(f"name: clean\nsignals: [outcomes]\n{body}\n", encoding="utf-8")
    return path


def decided(house: Warehouse, path: Path) -> pl.DataFrame:
    name = curate(warehouse=house.root, recipe=path).dataset_id
    return house.store.read("decisions").filter(pl.col("dataset_id") == name)


def test_a_set_that_is_not_there_fails_before_any_work(house: Warehouse, tmp_path: Path) -> None:
    path = recipe(tmp_path, "select: [outcome, {decontaminate: {against: ['benchmark:winnow-simm']}}]")
    match = (
        r"Unknown protected set 'benchmark:winnow-simm' in rule 2 'decontaminate' under `select` of recipe 'clean'"
        r"(.|\n)*did you mean 'benchmark:winnow-sim'"
    )
    with pytest.raises(UnknownNameError, match=match):
        curate(warehouse=house.root, recipe=path)


def test_tasks_of_a_protected_benchmark_go(house: Warehouse, tmp_path: Path) -> None:
    path = recipe(tmp_path, "select: [{decontaminate: {against: ['benchmark:winnow-sim']}}]")
    assert set(decided(house, path)["reason"]) == {"task_of_benchmark"}


def test_what_holds_a_protected_text_goes_whatever_the_batches(
    house: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = read_task_texts(house)
    text = texts.filter(pl.col("text").str.count_matches(" ") > 20)["text"][0]
    file = tmp_path / "held out.txt"
    file.write_text(" ".join(text.split()), encoding="utf-8")
    protect(warehouse=house.root, paths=[file], name="held")
    path = recipe(tmp_path, "select: [{decontaminate: {against: [held], coverage: 0.9}}]")
    first = decided(house, path)
    messages = house.store.read("messages").join(first, on="trajectory_id", how="semi")
    said = messages.filter(pl.col("role") == "user", pl.col("text") == text)
    gone = first.filter(reason="contaminated_by_benchmark")
    assert 0 < said.height <= gone.height < first.height
    assert set(said["trajectory_id"]) <= set(gone["trajectory_id"])
    assert gone["detail"].str.starts_with("held task held out.txt:1: coverage ").all()
    house.store.delete("datasets", "name = 'clean'")
    house.store.delete("decisions", f"dataset_id = '{first['dataset_id'][0]}'")
    monkeypatch.setattr("flows.settings.BATCH_MESSAGES", 1_000)
    assert decided(house, path).equals(first)


def test_another_set_of_the_same_name_makes_another_dataset(house: Warehouse, tmp_path: Path) -> None:
    path = recipe(tmp_path, "select: [{decontaminate: {against: [held]}}]")
    names = list[str]()
    for text in ("one two three", "four five six"):
        file = tmp_path / "held.txt"
        file.write_text(text, encoding="utf-8")
        protect(warehouse=house.root, paths=[file], name="held")
        names.append(resolve(house, load_recipe(path)).dataset_id)
    assert names[0] != names[1]


def test_near_duplicate_tasks_stay_on_one_side(house: Warehouse, tmp_path: Path) -> None:
    together = recipe(tmp_path, "split: {test_frac: 0.5}")
    twins = resolve(house, load_recipe(together)).plan.task_twins
    sides = dict(decided(house, together).select("task_id", "split").iter_rows())
    clusters = pl.DataFrame({"side": [sides[task] for task in twins], "key": list(twins.values())})
    assert clusters.height
    assert clusters.group_by("key").agg(pl.col("side").n_unique())["side"].unique().to_list() == [1]
    assert set(sides.values()) == {"train", "test"}
    apart = recipe(tmp_path, "split: {test_frac: 0.5, near_duplicates: apart}")
    assert resolve(house, load_recipe(apart)).plan.task_twins == {}
