"""Critiques from corruption over recipe to file, over simulated rollouts."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from flows.corrupt import corrupt
from flows.curate import curate
from flows.datasets.rebuild import rebuild, redecide
from flows.export import export
from flows.recipes import load_recipe
from flows.resolve import resolve
from schemas.errors import RecipeError
from schemas.recipe import parse_recipe
from tests.flows.finished import Finished, exported_rows
from warehouse import Warehouse

pytestmark = pytest.mark.slow

PAIR_FORMATS = (
    "trl_dpo",
    "trl_reward",
    "llama_factory_ranking",
    "openai_preference",
    "nemo_rl_preference",
    "openrlhf_preference",
)
HEAD = "JOIN dataset_heads AS h USING (dataset_id) WHERE h.name = 'critic'"


@pytest.fixture(scope="module")
def house(demo_run: Finished, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A scored warehouse with corrupted children, of which critiques were curated."""
    root = tmp_path_factory.mktemp("critiques") / "w"
    shutil.copytree(demo_run.root, root, ignore=shutil.ignore_patterns("prefect"))
    corrupt(warehouse=root, dataset="demo", per_trajectory=1)
    curate(warehouse=root, recipe=Path("critic"))
    return Warehouse(root)


def rows_of(house: Warehouse, table: str) -> list[dict[str, Any]]:
    return house.sql(f"SELECT t.* FROM {table} AS t {HEAD}").to_polars().to_dicts()


def test_pairs_are_of_kept_trajectories_and_their_corrupted_children(house: Warehouse) -> None:
    pairs = rows_of(house, "pairs")
    parents = dict(house.store.read("corruptions").select("child_id", "parent_id").iter_rows())
    assert {pair["subject_id"] in parents for pair in pairs} == {True, False}
    assert all(parents.get(pair["subject_id"], pair["subject_id"]) == pair["chosen_id"] for pair in pairs)
    counts = dict(house.store.read("trajectories").select("trajectory_id", "message_count").iter_rows())
    assert all(pair["context_count"] == counts[pair["subject_id"]] for pair in pairs)


@pytest.mark.parametrize("name", PAIR_FORMATS)
def test_every_format_of_pairs_writes_the_prompt_and_both_critiques(
    house: Warehouse, name: str, tiny_tokenizer: Path, tmp_path: Path
) -> None:
    parameters = {"tokenizer": str(tiny_tokenizer)} if name == "openrlhf_preference" else {}
    report = export(
        warehouse=house.root, dataset="critic", format_name=name, out=tmp_path / name, parameters=parameters
    )
    pairs = rows_of(house, "pairs")
    assert report.row_count == len(pairs) > 0
    written = _texts(tmp_path / name)
    for pair in pairs:
        for text in (pair["question"], pair["chosen_text"], pair["rejected_text"]):
            assert json.dumps(text, ensure_ascii=False)[1:-1] in written


def test_a_critic_has_a_prompt_of_two_messages_one_answer_and_no_tools(
    house: Warehouse, tmp_path: Path
) -> None:
    export(warehouse=house.root, dataset="critic", format_name="trl_dpo", out=tmp_path / "dpo")
    for row in exported_rows(tmp_path / "dpo"):
        assert [message["role"] for message in row["prompt"]] == ["system", "user"]
        assert [[message["role"] for message in row[side]] for side in ("chosen", "rejected")] == [
            ["assistant"],
            ["assistant"],
        ]
        assert row["tools"] is None
        assert "## Step 0" in row["prompt"][1]["content"]


def test_labelled_critiques_leave_with_their_labels_as_often_right_as_wrong(
    house: Warehouse, tmp_path: Path
) -> None:
    export(warehouse=house.root, dataset="critic", format_name="trl_kto", out=tmp_path / "kto")
    rows = exported_rows(tmp_path / "kto")
    stored = {row["sample_id"]: (row["is_good"], row["text"]) for row in rows_of(house, "samples")}
    told = {row["sample_id"]: (row["label"], row["completion"][0]["content"]) for row in rows}
    assert told == stored
    assert sum(row["label"] for row in rows) * 2 == len(rows) > 0


def test_rebuilding_gives_the_same_bytes_and_more_corruptions_another_dataset(
    house: Warehouse, tmp_path: Path
) -> None:
    export(warehouse=house.root, dataset="critic", format_name="trl_dpo", out=tmp_path / "dpo")
    first = resolve(house, load_recipe(Path("critic"))).dataset_id
    assert first == resolve(house, load_recipe(Path("critic"))).dataset_id
    corrupt(warehouse=house.root, dataset="demo", modes=["drop_step"], seed=5)
    assert resolve(house, load_recipe(Path("critic"))).dataset_id != first
    (rebuilt,) = rebuild(house, str(tmp_path / "dpo" / "manifest.json"), tmp_path / "again")
    assert rebuilt.is_same
    redecided = redecide(house, first)
    assert redecided.is_same
    assert redecided.dataset_id == first


def test_a_writer_that_cannot_be_asked_fails_before_any_work(house: Warehouse) -> None:
    recipe = parse_recipe(
        "{name: none, signals: [outcomes], pair: [{critique_pairs: {writer: "
        "{endpoint: 'http://127.0.0.1:9/v1', model: m}}}]}"
    )
    with pytest.raises(RecipeError, match="cannot be asked"):
        resolve(house, recipe)


def _texts(folder: Path) -> str:
    """Give all that an export holds as JSON."""
    rows = exported_rows(folder)
    if rows:
        return json.dumps(rows, ensure_ascii=False)
    files = sorted(path for path in folder.iterdir() if path.suffix in {".jsonl", ".json"})
    return "\n".join(path.read_text(encoding="utf-8") for path in files)
