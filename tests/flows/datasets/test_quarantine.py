"""Markers planted in every private field of real rollouts reach no file of any export, card and metadata included."""

import json
from pathlib import Path

import pytest

from flows.corrupt import corrupt
from flows.curate import curate
from flows.datasets.find import find_dataset
from flows.datasets.folder import write_export
from flows.datasets.manifest import Choices
from flows.datasets.show import describe, kept_rows
from flows.ingest import ingest
from flows.score import score
from schemas.training import TRAINING_FORMATS
from tests.flows.finished import decoded_bytes, exported_bytes, losing
from tests.schemas.training.test_quarantine import MARKER, planted_row
from warehouse import Warehouse

pytestmark = pytest.mark.slow
TASKS = 15
"""With all their trials, so that pairs are found."""
RECIPE = """
name: planted
signals: [outcomes]
split: {test_frac: 0.2}
pair: [trajectory_pairs, {critique_pairs: {per_task: 6}}]
label: [{step_labels: {by: value, min_visits: 2, at_least: 0.5}}, {critique_labels: {is_balanced: true}}]
"""


@pytest.fixture(scope="module")
def planted(airline_json: bytes, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    folder = tmp_path_factory.mktemp("planted")
    trials = json.loads(airline_json)
    rows = [planted_row(row) for row in trials if row["task_id"] < TASKS]
    openings = {row["task_id"]: row["traj"][:2] for row in rows}
    for row in rows:  # pairs need a common context, which the user simulator's first words are not
        row["traj"][:2] = openings[row["task_id"]]
    rollouts, recipe = folder / "gpt-4o-airline.json", folder / "planted.yaml"
    rollouts.write_text(json.dumps(rows), encoding="utf-8")
    recipe.write_text(RECIPE, encoding="utf-8")
    root = folder / "warehouse"
    ingest(warehouse=root, paths=[str(rollouts)])
    score(warehouse=root, signals=["outcomes"])
    curate(warehouse=root, recipe=recipe)
    corrupt(warehouse=root, dataset="planted", per_trajectory=1)  # critiques are of corrupted children
    curate(warehouse=root, recipe=recipe)
    return Warehouse(root)


@pytest.mark.parametrize("name", TRAINING_FORMATS)
def test_no_byte_of_an_export_holds_what_is_private(
    name: str, planted: Warehouse, tmp_path: Path, tiny_tokenizer: Path
) -> None:
    built = find_dataset(planted, "planted")
    choices = Choices(format_name=name, parameters=losing(name, tiny_tokenizer))
    written = write_export(planted, built, choices, tmp_path / "out")
    assert written.row_count > 0
    contents = exported_bytes(tmp_path / "out")
    assert {Path(path).name for path in contents} >= {"README.md", "croissant.json", "manifest.json"}
    for path, content in contents.items():
        assert MARKER.encode() not in content, path
    if TRAINING_FORMATS[name].is_tokenised:
        assert MARKER.encode() not in decoded_bytes(tmp_path / "out", tiny_tokenizer)


def test_description_and_rows_of_a_dataset_hold_nothing_private(planted: Warehouse) -> None:
    secrets = planted.sql(
        "SELECT count(*) FROM task_secrets WHERE gold_actions LIKE ?", [f"%{MARKER}%"], quarantined=True
    )
    assert secrets.rows()[0][0] > 0
    built = find_dataset(planted, "planted")
    assert MARKER not in json.dumps(describe(planted, built))
    assert MARKER not in kept_rows(planted, built).write_json()


def test_critiques_are_among_what_was_searched(planted: Warehouse) -> None:
    rules = planted.sql("SELECT DISTINCT rule FROM pairs UNION ALL SELECT DISTINCT rule FROM samples")
    assert {"critique_pairs", "critique_labels"} <= {rule for (rule,) in rules.rows()}
