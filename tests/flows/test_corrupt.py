"""Corrupted children in a warehouse: labelled, counted, idempotent, and nobody's trial."""

import shutil
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from curation.synthesis import CORRUPTIONS
from flows.cli import app
from flows.corrupt import corrupt
from flows.curate import curate
from flows.frames import read_frames
from flows.score import score
from schemas.errors import DatasetNotFoundError, RecipeError, UnknownNameError
from tests.flows.finished import Finished
from warehouse import Warehouse
from warehouse.integrity import check

pytestmark = pytest.mark.slow


@pytest.fixture
def house(demo_run: Finished, tmp_path: Path) -> Warehouse:
    """A copy of a scored and curated warehouse, to write into."""
    root = tmp_path / "warehouse"
    shutil.copytree(demo_run.root, root, ignore=shutil.ignore_patterns("prefect"))
    return Warehouse(root)


def test_children_are_labelled_and_counted_once_and_change_nothing_else(house: Warehouse) -> None:
    frames = read_frames(house, list(range(house.bucket_count)))
    counts = corrupt(warehouse=house.root, dataset="demo")
    assert counts.parent_count > 0
    assert counts.outcomes.keys() == CORRUPTIONS.keys()
    assert all(sum(outcomes.values()) == counts.parent_count for outcomes in counts.outcomes.values())
    labels = house.store.read("corruptions")
    assert labels.height == counts.child_count == counts.new_child_count > counts.parent_count
    assert labels.height == labels["child_id"].n_unique()
    children = house.store.read("trajectories").filter(relation="corruption")
    assert set(children["trajectory_id"]) == set(labels["child_id"])
    assert children["outcome_reward"].null_count() == children.height
    assert labels["is_injection_successful"].null_count() == labels.height
    derived = house.store.read("lineage").filter(pl.col("activity").str.starts_with("corruption:"))
    assert set(derived["child_id"]) == set(labels["child_id"])
    assert check(house).is_empty()
    assert read_frames(house, list(range(house.bucket_count))).messages.equals(frames.messages)
    assert score(warehouse=house.root).recomputed_stage_count == 0


def test_corrupting_twice_equals_once_and_another_seed_adds(house: Warehouse) -> None:
    def run(seed: int) -> int:
        made = corrupt(
            warehouse=house.root,
            dataset="demo",
            modes=["drop_step", "swap_entity"],
            per_trajectory=1,
            seed=seed,
        )
        assert made.child_count <= made.parent_count
        return made.new_child_count

    first = run(0)
    assert first > 0
    assert run(0) == 0
    assert run(1) > 0
    assert house.store.read("corruptions")["parent_id"].value_counts()["count"].max() == 2


def test_recipes_do_not_select_corrupted_children(house: Warehouse, tmp_path: Path) -> None:
    recipe = tmp_path / "all.yaml"
    recipe.write_text("name: all\nsignals: [outcomes]\nselect: []\n", encoding="utf-8")
    corrupt(warehouse=house.root, dataset="demo", modes=["no_progress"])
    curate(warehouse=house.root, recipe=recipe)
    decided = house.sql(
        "SELECT count(*) FROM decisions JOIN trajectories USING (trajectory_id) WHERE relation = 'corruption'"
    ).to_polars()
    assert decided.item() == 0


def test_what_cannot_be_asked_for_is_refused(house: Warehouse) -> None:
    with pytest.raises(UnknownNameError, match="Unknown corruption 'drop_stp'"):
        corrupt(warehouse=house.root, dataset="demo", modes=["drop_stp"])
    with pytest.raises(RecipeError, match="`per_trajectory` must be 1 or more, got 0"):
        corrupt(warehouse=house.root, dataset="demo", per_trajectory=0)
    with pytest.raises(DatasetNotFoundError, match="No dataset 'nothing'"):
        corrupt(warehouse=house.root, dataset="nothing")


def test_the_command_prints_a_count_for_each_mode_and_reason(house: Warehouse) -> None:
    arguments = ["corrupt", "demo", "--mode", "no_progress", "--mode", "goal_swap", "--where", "is_success"]
    result = CliRunner().invoke(app, [*arguments, "--warehouse", str(house.root)])
    assert result.exit_code == 0, result.output
    for told in ("parent_count", "no_progress", "goal_swap", "made"):
        assert told in result.output
