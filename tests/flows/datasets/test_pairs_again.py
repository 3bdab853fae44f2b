"""Pairs and samples are decided anew with the rest, compared between datasets, and rebuilt to the same bytes."""

from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.curate import curate
from flows.datasets.diff import diff_datasets
from flows.datasets.find import find_dataset
from flows.datasets.rebuild import rebuild, redecide
from flows.export import export
from schemas.rows import arrow_table
from schemas.tables import TABLES
from warehouse import Warehouse

pytestmark = pytest.mark.slow
RECIPE = """
name: paired
signals: [outcomes]
pair:
  - trajectory_pairs: {PARAMETERS}
label:
  - outcome_labels
"""


@pytest.fixture
def paired(house: Warehouse, tmp_path: Path) -> Warehouse:
    # A gold answer: what a curation records of its table is no part of what a recipe's predicate may see.
    task = house.store.read("tasks").row(0, named=True)
    columns = TABLES["task_secrets"].columns
    secret = {column.name: None if column.nullable else task.get(column.name, "x") for column in columns}
    house.store.append("task_secrets", arrow_table("task_secrets", [secret]))
    curate_pairs(house, tmp_path, "{per_task: 2}")
    return house


def curate_pairs(house: Warehouse, folder: Path, parameters: str) -> str:
    (folder / "recipe.yaml").write_text(RECIPE.replace("{PARAMETERS}", parameters), encoding="utf-8")
    return str(curate(warehouse=house.root, recipe=folder / "recipe.yaml").dataset_id)


def test_deciding_anew_compares_pairs_and_samples(paired: Warehouse) -> None:
    again = redecide(paired, "paired")
    assert again.is_same
    assert again.pairs.figures["row_count"] > 0
    assert again.samples.figures["row_count"] > 0
    first = paired.store.read("pairs")["pair_id"][0]
    paired.store.delete("pairs", f"pair_id = '{first}'")
    worse = redecide(paired, "paired")
    assert not worse.is_same
    assert worse.pairs.rows["change"].to_list() == ["only_b"]
    assert worse.samples.is_same
    told = CliRunner().invoke(
        app, ["dataset", "rebuild", "paired", "--from-scratch", "--warehouse", str(paired.root)]
    )
    assert (told.exit_code, "of these pairs not the same" in told.stdout) == (1, True)


def test_an_export_of_pairs_and_one_of_samples_are_rebuilt_to_the_same_bytes(
    paired: Warehouse, tmp_path: Path
) -> None:
    for name in ("trl_reward", "trl_kto"):
        parameters = {"unsupported": "drop"}
        export(
            warehouse=paired.root,
            dataset="paired",
            format_name=name,
            out=tmp_path / name,
            parameters=parameters,
        )
    rebuilt = rebuild(paired, "paired", tmp_path / "again")
    assert {one.format: one.is_same for one in rebuilt} == {"trl_reward": True, "trl_kto": True}


def test_datasets_are_compared_pair_by_pair(paired: Warehouse, tmp_path: Path) -> None:
    old = find_dataset(paired, "paired")
    fewer = curate_pairs(paired, tmp_path, "{per_task: 1}")
    found = diff_datasets(paired, old, find_dataset(paired, fewer))
    counts = {change: count for _, change, count in found.pairs.counts.rows()}
    held = paired.store.read("pairs").group_by("dataset_id").len()
    sizes = dict(held.rows())
    assert counts.get("same", 0) + counts.get("only_a", 0) == sizes[old["dataset_id"]]
    assert counts.get("same", 0) + counts.get("only_b", 0) == sizes[fewer]
    assert not found.is_same
    assert found.samples.is_same
    assert found.trajectories.is_empty()
    listed = CliRunner().invoke(
        app,
        [
            "dataset",
            "diff",
            old["dataset_id"],
            fewer,
            "--pairs",
            "--format",
            "json",
            "--warehouse",
            str(paired.root),
        ],
    )
    assert len(pl.read_ndjson(listed.stdout.encode())) == found.pairs.rows.height
