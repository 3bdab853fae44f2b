"""Rules that compare tasks, over batches and after a kill; what a dry run and `--explain` say."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.curate import EXAMPLE_COUNT, curate
from flows.explain import explain_decision
from flows.funnel import CurationCounts
from schemas.errors import WinnowError
from tests.flows.finished import Finished
from warehouse import Warehouse

pytestmark = pytest.mark.slow

RECIPE = """
name: across
signals: [outcomes, advantages, topology, duplication]
read: {where: trial < 6}
repair: [rollback]
select:
  - outcome
  - cap: {n: 40, per: [benchmark], seed: 3}
  - near_duplicates: {threshold: 0.9}
  - group_filter: {where: pass@2 > 0 and shortest-2}
  - budget: {n: 15}
split: {test_frac: 0.2}
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "across.yaml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


@pytest.fixture
def house(demo_run: Finished, tmp_path: Path) -> Warehouse:
    """A copy of a scored warehouse, to write into."""
    return copy_of(demo_run, tmp_path / "warehouse")


def copy_of(run: Finished, root: Path) -> Warehouse:
    shutil.copytree(run.root, root, ignore=shutil.ignore_patterns("prefect"))
    return Warehouse(root)


def written(house: Warehouse, dataset_id: str) -> dict[str, pl.DataFrame]:
    own = pl.col("dataset_id") == dataset_id
    return {table: house.store.read(table).filter(own) for table in ("decisions", "train_labels")}


def test_many_batches_decide_as_one_does(
    demo_run: Finished, recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = copy_of(demo_run, tmp_path / "whole")
    parts = copy_of(demo_run, tmp_path / "parts")
    at_once = curate(warehouse=whole.root, recipe=recipe)
    monkeypatch.setattr("flows.settings.BATCH_MESSAGES", 1_000)
    in_batches = curate(warehouse=parts.root, recipe=recipe)
    assert in_batches == at_once
    assert at_once.kept_count == 15
    ours, theirs = written(parts, at_once.dataset_id), written(whole, at_once.dataset_id)
    assert all(ours[table].equals(theirs[table]) for table in theirs)
    chances = ours["decisions"].filter(pl.col("verdict") == "kept")["inclusion_probability"]
    assert chances.is_between(0, 1).all()
    assert chances.n_unique() == 1  # 40 of all that reach the cap


def test_killed_curation_is_made_anew(house: Warehouse, recipe: Path) -> None:
    first = curate(warehouse=house.root, recipe=recipe)
    before = written(house, first.dataset_id)
    house.store.delete("datasets", f"dataset_id = '{first.dataset_id}'")
    house.store.delete("decisions", f"dataset_id = '{first.dataset_id}' AND bucket % 2 = 0")
    assert curate(warehouse=house.root, recipe=recipe) == first
    assert all(before[table].equals(frame) for table, frame in written(house, first.dataset_id).items())


def test_dry_run_shows_some_of_each_reason(demo_run: Finished, recipe: Path) -> None:
    counts = curate(warehouse=demo_run.root, recipe=recipe, dry_run=True)
    shown: dict[str, list[str]] = {}
    for example in counts.examples:
        shown.setdefault(f"{example.rule}: {example.reason}", []).append(example.trajectory_id)
        assert example.task.startswith("winnow-sim ")
    assert list(shown) == list(counts.reasons)
    for name, ids in shown.items():
        assert len(set(ids)) == len(ids) == min(EXAMPLE_COUNT, counts.reasons[name])
        assert ids == sorted(ids)


def test_reasons_come_in_the_order_of_the_rules(demo_run: Finished, recipe: Path) -> None:
    rules = [name.partition(": ")[0] for name in dry(demo_run, recipe).reasons]
    order = ["read", "repair:rollback", "select:1:outcome", "select:2:cap"]
    assert list(dict.fromkeys(rules))[:4] == order
    assert rules[-1] == "end"


def dry(run: Finished, recipe: Path) -> CurationCounts:
    return curate(warehouse=run.root, recipe=recipe, dry_run=True)


def test_explanation_reads_like_sentences_and_agrees_with_the_decision(
    demo_run: Finished, recipe: Path
) -> None:
    examples = {(one.rule, one.reason): one.trajectory_id for one in dry(demo_run, recipe).examples}
    over = explain_decision(demo_run.root, recipe, examples["select:5:budget", "over_budget"])
    assert over.paragraphs[0].startswith("Rule 1, outcome, keeps trajectories whose outcome reward is known")
    assert "This one passes: outcome_reward=1.0, min_reward=1.0" in over.paragraphs[0]
    assert "the chance of being kept was 0." in over.paragraphs[1]
    assert "is dropped, because the budget was spent on others (over_budget): score" in over.paragraphs[-1]
    assert over.rows["rule"].to_list()[-1] == "select:5:budget"

    unread = explain_decision(demo_run.root, recipe, examples["read", "not_matched_by_read"])
    assert unread.paragraphs == [
        "The recipe does not read it: the predicate `read.where` does not hold for it."
    ]

    parent = examples["repair:rollback", "repaired_into_child"]
    repaired = explain_decision(demo_run.root, recipe, parent)
    child = repaired.rows["child_id"][0]
    assert repaired.paragraphs[0].startswith(f"The repair rollback makes a better trajectory of it, {child}")
    assert set(repaired.rows["trajectory_id"][1:]) == {child}


def test_explanation_of_what_is_kept_ends_with_its_split(demo_run: Finished, recipe: Path) -> None:
    (kept, *_) = [one.trajectory_id for one in dry(demo_run, recipe).examples if one.rule == "end"]
    house = demo_run.house
    ((parent,),) = house.sql(
        "SELECT coalesce(max(parent_id), ?) FROM trajectories WHERE trajectory_id = ?", [kept, kept]
    ).rows()
    last = explain_decision(demo_run.root, recipe, parent).paragraphs[-1]
    assert last.startswith("It passes every rule and is kept, in the split ")


def test_explanation_of_what_is_not_there_is_refused(demo_run: Finished, recipe: Path) -> None:
    with pytest.raises(WinnowError, match="No trajectory 'absent'"):
        explain_decision(demo_run.root, recipe, "absent")


def test_command_line_explains_in_sentences_or_as_json(demo_run: Finished, recipe: Path) -> None:
    (dropped, *_) = [one for one in dry(demo_run, recipe).examples if one.rule == "select:1:outcome"]
    command = ["curate", str(recipe), "--explain", dropped.trajectory_id, "--warehouse", str(demo_run.root)]
    told = CliRunner().invoke(app, command)
    assert (told.exit_code, told.stdout.count("This one is dropped, because")) == (0, 1)
    rows = [json.loads(line) for line in CliRunner().invoke(app, [*command, "--json"]).stdout.splitlines()]
    assert [(row["rule"], row["reason"]) for row in rows] == [("select:1:outcome", dropped.reason)]


def test_command_line_shows_funnel_and_examples_of_a_dry_run(demo_run: Finished, recipe: Path) -> None:
    answer = CliRunner().invoke(app, ["curate", str(recipe), "--dry-run", "--warehouse", str(demo_run.root)])
    assert answer.exit_code == 0
    for example in dry(demo_run, recipe).examples:
        assert example.trajectory_id in answer.stdout
        assert f"examples of {example.rule}: {example.reason}" in answer.stdout
