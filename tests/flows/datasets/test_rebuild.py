"""A rebuild gives the same bytes and the same decisions, also after the warehouse has grown; or says what differs."""

import json
import shutil
from pathlib import Path

import pytest

from flows.datasets.rebuild import rebuild, redecide
from flows.ingest import ingest
from flows.score import score
from schemas.errors import DatasetNotFoundError, WinnowError
from simulation.generate import generate
from tests.flows.datasets.planted import kept_ids, plant_second
from tests.flows.finished import Finished, file_hashes
from warehouse import Warehouse
from warehouse.upkeep import vacuum

pytestmark = pytest.mark.slow


def test_every_export_has_the_same_bytes_after_more_trials_of_its_tasks_came(
    house: Warehouse, demo_run: Finished, tmp_path: Path
) -> None:
    generate(tmp_path / "more", tasks=30, trials=10, seed=11)
    before = house.store.read("trajectories").height
    ingest(warehouse=house.root, paths=[str(tmp_path / "more" / "rollouts")])
    score(warehouse=house.root)
    assert house.store.read("trajectories").height > before
    for name in house.store.table_names():
        if name.startswith(("group_signals", "signals_")):
            vacuum(house, name, retention_hours=0)

    rebuilt = rebuild(house, "demo", tmp_path / "again")
    assert {one.format for one in rebuilt} == {"trl_sft", "openai_chat", "trl_grpo"}
    assert all(one.is_same and not one.reasons for one in rebuilt)
    for one in rebuilt:
        assert file_hashes(Path(one.folder)) == file_hashes(demo_run.out / one.format)
    decided = redecide(house, "demo")
    assert decided.is_same
    assert decided.trajectory_count > 0
    assert decided.label_counts["message_count"] == decided.label_counts["message_count"] > 0


def test_differing_files_are_named_with_the_reason(
    house: Warehouse, demo_run: Finished, tmp_path: Path
) -> None:
    folder = tmp_path / "export"
    shutil.copytree(demo_run.out / "trl_sft", folder)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["format"]["version"] = "0"
    manifest["files"][0]["sha256"] = "0" * 64
    manifest["side_files"].append({"name": "gone.json", "sha256": "0" * 64, "bytes_count": 1})
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (rebuilt,) = rebuild(house, str(folder / "manifest.json"), tmp_path / "again")
    assert rebuilt.differing == {
        manifest["files"][0]["name"]: "has other bytes",
        "gone.json": "was not written again",
    }
    assert rebuilt.reasons == [
        f"the format has version {json.loads((tmp_path / 'again' / 'manifest.json').read_bytes())['format']['version']}, and had 0"
    ]


def test_decisions_of_another_recipe_differ_by_name(house: Warehouse) -> None:
    ids = kept_ids(house)
    plant_second(house, ids[:-2])
    decided = redecide(house, "second")
    assert not decided.is_same
    assert decided.differing.select("trajectory_id", "change").rows() == [
        (name, "only_b") for name in ids[-2:]
    ]


def test_gone_versions_are_refused(house: Warehouse, tmp_path: Path) -> None:
    for file in (house.store.folder / "group_signals_outcomes").rglob("*.parquet"):
        file.unlink()
    with pytest.raises(DatasetNotFoundError, match=r"Version \d+ of table 'group_signals_outcomes'"):
        rebuild(house, "demo", tmp_path / "again")
    with pytest.raises(DatasetNotFoundError, match="is gone"):
        redecide(house, "demo")


def test_what_cannot_be_rebuilt_is_said(house: Warehouse, demo_run: Finished, tmp_path: Path) -> None:
    plant_second(house, kept_ids(house)[:2])
    with pytest.raises(WinnowError, match="'second' was never exported"):
        rebuild(house, "second", tmp_path / "again")
    (tmp_path / "manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(WinnowError, match="is not the manifest of an export"):
        rebuild(house, str(tmp_path), tmp_path / "again")
    folder = tmp_path / "export"
    shutil.copytree(demo_run.out / "trl_grpo", folder)
    with pytest.raises(WinnowError, match="is the export itself"):
        rebuild(house, str(folder), folder)
