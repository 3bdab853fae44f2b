"""A recipe's own parameters of signals: another equivalence decides otherwise, and stores nothing in the others' place."""

import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curation.signals import SIGNALS
from curation.signals.topology import TopologyMetrics
from flows.buckets import read_buckets
from flows.curate import curate
from flows.frames import read_frames
from flows.resolve import read_inputs, resolve
from schemas.errors import RecipeError, UnknownNameError
from schemas.recipe import parse_recipe
from tests.flows.finished import Finished
from warehouse import Warehouse

pytestmark = pytest.mark.slow

LEXICAL = "{topology: {equivalence: lexical, equivalence_parameters: {observation_threshold: 0.5}}}"


def recipe_text(*signals: str) -> str:
    return f"{{name: own, signals: [{', '.join(signals)}], select: [outcome, {{topological: {{k: 1}}}}]}}"


def topology_in(house: Warehouse, text: str) -> pl.DataFrame:
    curation = resolve(house, parse_recipe(text))
    inputs = read_inputs(house, curation, [bucket.bucket for bucket in curation.buckets])
    return inputs.values.trajectories["topology"].sort("trajectory_id")


@pytest.fixture
def house(demo_run: Finished, tmp_path: Path) -> Warehouse:
    shutil.copytree(demo_run.root, tmp_path / "w", ignore=shutil.ignore_patterns("prefect"))
    return Warehouse(tmp_path / "w")


def test_a_recipe_chooses_which_turns_are_one_state(house: Warehouse) -> None:
    stored = topology_in(house, recipe_text("outcomes", "topology"))
    merged = topology_in(house, recipe_text("outcomes", LEXICAL))
    frames = read_frames(house, [bucket.bucket for bucket in read_buckets(house)])
    signal = TopologyMetrics(equivalence="lexical", equivalence_parameters={"observation_threshold": 0.5})
    assert merged.equals(signal.compute(frames)["trajectory"].sort("trajectory_id").select(merged.columns))
    assert not merged.equals(stored)
    assert topology_in(house, recipe_text("outcomes", "{topology: {}}")).equals(stored)


def test_it_curates_another_dataset_and_leaves_the_stored_signal_alone(
    house: Warehouse, tmp_path: Path
) -> None:
    paths = {"plain": recipe_text("outcomes", "topology"), "merged": recipe_text("outcomes", LEXICAL)}
    for name, text in paths.items():
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    table = SIGNALS["topology"].tables()["trajectory"]
    before = house.store.version(table)
    plain, merged = (curate(warehouse=house.root, recipe=tmp_path / f"{name}.yaml") for name in paths)
    assert plain.dataset_id != merged.dataset_id
    assert plain.read_count == merged.read_count > 0
    assert house.store.version(table) == before
    assert curate(warehouse=house.root, recipe=tmp_path / "merged.yaml") == merged


def test_an_encoder_is_named_by_its_folder_and_known_by_its_content(
    house: Warehouse, encoder_folder: Path
) -> None:
    embedding = (
        "{topology: {equivalence: embedding, equivalence_parameters: "
        f"{{encoder: {encoder_folder}, observation_threshold: 0.99}}}}}}"
    )
    first = resolve(house, parse_recipe(recipe_text("outcomes", embedding)))
    inputs = read_inputs(house, first, [bucket.bucket for bucket in first.buckets])
    assert inputs.values.trajectories["topology"].height == inputs.frames.trajectories.height
    assert (house.root / "vectors.sqlite").is_file()
    (encoder_folder / "note").write_text("other weights", encoding="utf-8")
    assert resolve(house, parse_recipe(recipe_text("outcomes", embedding))).dataset_id != first.dataset_id


@pytest.mark.parametrize(
    ("signal", "fault", "words"),
    [
        ("{topolgy: {equivalence: lexical}}", UnknownNameError, "did you mean 'topology'"),
        ("{topology: {equivalnce: lexical}}", RecipeError, "no parameter 'equivalnce'"),
        ("{topology: {equivalence: lexicl}}", UnknownNameError, "lexical"),
        ("{topology: {equivalence: embedding}}", RecipeError, "needs `encoder`"),
        ("{strategy_domain: {success_reward: 0.5}}", RecipeError, "whole corpus"),
    ],
)
def test_what_cannot_be_meant_fails_before_any_work(
    house: Warehouse, signal: str, fault: type[Exception], words: str
) -> None:
    with pytest.raises(fault, match=words):
        resolve(house, parse_recipe(recipe_text("outcomes", signal)))


def test_names_without_parameters_keep_their_place_in_the_hash() -> None:
    old: dict[str, Any] = {"name": "own", "signals": ["outcomes"]}
    text = f"{{name: {old['name']}, signals: {old['signals']}}}"
    assert '"signals":["outcomes"]' in parse_recipe(text).canonical_json()
