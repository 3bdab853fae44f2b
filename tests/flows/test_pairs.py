"""Pairs and labelled samples from recipe to file, over simulated rollouts."""

import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from flows.curate import curate
from flows.export import export
from flows.recipes import load_recipe
from flows.resolve import resolve
from schemas.errors import RecipeError
from schemas.recipe import parse_recipe
from tests.flows.finished import Finished, exported_rows
from warehouse import Warehouse

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def house(demo_run: Finished, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A scored warehouse with the shipped recipes of pairs and labels curated."""
    root = tmp_path_factory.mktemp("pairs") / "w"
    shutil.copytree(demo_run.root, root, ignore=shutil.ignore_patterns("prefect"))
    for recipe in ("step_preferences", "step_labels", "contrast_sets"):
        curate(warehouse=root, recipe=Path(recipe))
    return Warehouse(root)


def rows_of(house: Warehouse, table: str, recipe: str) -> list[dict[str, object]]:
    query = f"SELECT t.* FROM {table} AS t JOIN dataset_heads AS h USING (dataset_id) WHERE h.name = ?"
    return house.sql(query, [recipe]).to_polars().to_dicts()


def winnow(house: Warehouse, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [
        str(Path(sys.executable).parent / "winnow"),
        *map(str, arguments),
        "--warehouse",
        str(house.root),
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_pairs_are_rows_that_sql_can_ask(house: Warehouse) -> None:
    pairs = rows_of(house, "pairs", "step_preferences")
    assert {pair["rule"] for pair in pairs} == {"sibling_steps", "first_divergence"}
    in_one_task = house.sql(
        "SELECT count(*) FROM pairs JOIN trajectories AS c ON c.trajectory_id = chosen_id "
        "JOIN trajectories AS r ON r.trajectory_id = rejected_id WHERE c.task_id <> r.task_id"
    ).rows()
    assert in_one_task == [(0,)]


def test_each_pair_leaves_as_a_row_with_its_origin(house: Warehouse, tmp_path: Path) -> None:
    report = export(
        warehouse=house.root, dataset="step_preferences", format_name="trl_dpo", out=tmp_path / "dpo"
    )
    rows = exported_rows(tmp_path / "dpo")
    stored = {pair["pair_id"]: pair for pair in rows_of(house, "pairs", "step_preferences")}
    assert len(rows) == report.row_count == len(stored) > 0
    for row in rows:
        pair = stored[row["pair_id"]]
        assert len(row["prompt"]) == pair["context_count"]
        assert [len(row["chosen"]), len(row["rejected"])] == [1, 1]
        assert row["chosen"] != row["rejected"]
    origins = pq.read_table(tmp_path / "dpo" / "provenance.parquet").to_pylist()
    assert [origin["trajectory_id"] for origin in origins] == [row["chosen_id"] for row in rows]


def test_labelled_turns_leave_with_their_labels(house: Warehouse, tmp_path: Path) -> None:
    export(warehouse=house.root, dataset="step_labels", format_name="trl_kto", out=tmp_path / "kto")
    rows = exported_rows(tmp_path / "kto")
    assert {row["label"] for row in rows} == {True, False}
    assert {message["role"] for row in rows for message in row["completion"]} == {"assistant"}
    stored = {sample["sample_id"]: sample["is_good"] for sample in rows_of(house, "samples", "step_labels")}
    assert {row["sample_id"]: row["label"] for row in rows} == stored


def test_contrast_sets_hold_every_success_against_every_failure(house: Warehouse, tmp_path: Path) -> None:
    export(warehouse=house.root, dataset="contrast_sets", format_name="trl_reward", out=tmp_path / "reward")
    rows = exported_rows(tmp_path / "reward")
    counts = house.sql(
        "SELECT sum(s * f)::BIGINT FROM (SELECT count_if(outcome_reward >= 1) AS s, count_if(outcome_reward < 1) AS f "
        "FROM trajectories WHERE relation = 'attempt' GROUP BY task_id)"
    ).rows()
    assert [(len(rows),)] == counts


def test_a_rule_of_pairs_may_stand_twice_with_other_parameters(house: Warehouse, tmp_path: Path) -> None:
    file = tmp_path / "twice.yaml"
    file.write_text(
        "{name: twice, signals: [outcomes], pair: [trajectory_pairs, trajectory_pairs: {per_task: 1}], "
        "label: [step_labels: {by: value}, step_labels: {by: outcome}]}",
        encoding="utf-8",
    )
    made = curate(warehouse=house.root, recipe=file).made
    assert made["pair: trajectory_pairs"] == len(rows_of(house, "pairs", "twice")) > 0
    assert made["label: step_labels"] == len(rows_of(house, "samples", "twice")) > 0
    assert curate(warehouse=house.root, recipe=file).made == made


def test_rules_that_make_nothing_and_exports_without_a_row_are_warned_of(
    house: Warehouse, tmp_path: Path
) -> None:
    file = tmp_path / "successes.yaml"
    file.write_text(
        "{name: successes, signals: [outcomes], select: [outcome], pair: [trajectory_pairs], label: [outcome_labels]}",
        encoding="utf-8",
    )
    for more in (["--dry-run"], []):
        curated = winnow(house, "curate", file, *more)
        assert "pair: trajectory_pairs" in curated.stdout
        assert curated.stderr.splitlines() == [
            "Warning: pair: trajectory_pairs made nothing of what is kept."
        ]
    answer = winnow(house, "export", "successes", "--to", "trl_dpo", "--out", tmp_path / "dpo")
    assert answer.returncode == 0
    assert "Warning: trl_dpo has no row" in answer.stderr


def test_a_predicate_that_cannot_be_run_is_named_with_its_recipe(house: Warehouse, tmp_path: Path) -> None:
    file = tmp_path / "misread.yaml"
    file.write_text("{name: misread, signals: [outcomes], read: {where: is_sucess}}", encoding="utf-8")
    with pytest.raises(RecipeError, match=r"recipe 'misread', `read.where` 'is_sucess': .*is_sucess"):
        curate(warehouse=house.root, recipe=file)


def test_exporting_twice_gives_the_same_bytes(house: Warehouse, tmp_path: Path) -> None:
    reports = [
        export(
            warehouse=house.root,
            dataset="step_preferences",
            format_name="trl_dpo",
            out=tmp_path / str(number),
        )
        for number in range(2)
    ]
    assert reports[0].files == reports[1].files


@pytest.mark.parametrize(
    ("export_format", "key"), [("trl_dpo", "pair"), ("openai_preference", "pair"), ("trl_kto", "label")]
)
def test_a_format_of_pairs_without_pairs_fails_before_any_work(
    house: Warehouse, export_format: str, key: str
) -> None:
    recipe = parse_recipe(f"{{name: none, signals: [outcomes], exports: [{export_format}]}}")
    with pytest.raises(RecipeError, match=rf"export 1.*\n\nHint: add `{key}:"):
        resolve(house, recipe)


def test_shipped_recipes_of_pairs_can_be_read() -> None:
    for name in ("step_preferences", "step_labels", "contrast_sets"):
        recipe = load_recipe(Path(name))
        assert recipe.pair or recipe.label
