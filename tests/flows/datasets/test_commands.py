"""The commands `winnow dataset ...`: what they print, and their exit codes."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from flows.cli import app
from tests.flows.datasets.planted import SECOND, kept_ids, plant_second
from tests.flows.finished import Finished
from warehouse import Warehouse

pytestmark = pytest.mark.slow


def dataset(house: Warehouse, *arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["dataset", *map(str, arguments), "--warehouse", str(house.root)])


def test_reading_commands_answer_machines(house: Warehouse) -> None:
    ids = kept_ids(house)
    plant_second(house, ids[1:])
    listed = [json.loads(line) for line in dataset(house, "list", "--format", "json").stdout.splitlines()]
    assert {row["name"]: row["kept_count"] for row in listed} == {"demo": len(ids), "second": len(ids) - 1}
    assert json.loads(dataset(house, "show", "demo", "--json").stdout)["counts"]["kept_count"] == len(ids)
    assert dataset(house, "show", "demo").exit_code == 0
    rows = dataset(house, "show", SECOND, "--rows", "--format", "json").stdout.splitlines()
    assert [json.loads(line)["trajectory_id"] for line in rows] == ids[1:]
    changed = dataset(house, "diff", "demo", "second", "--ids", "--format", "json").stdout.splitlines()
    assert [(json.loads(line)["trajectory_id"], json.loads(line)["change"]) for line in changed] == [
        (ids[0], "only_a")
    ]
    assert "trajectories with another fate" in dataset(house, "diff", "demo", "second").stdout


def test_rebuild_exits_with_1_when_anything_differs(
    house: Warehouse, demo_run: Finished, tmp_path: Path
) -> None:
    manifest = demo_run.out / "trl_grpo" / "manifest.json"
    same = dataset(house, "rebuild", manifest, "--out", tmp_path / "again")
    assert (same.exit_code, "the same bytes" in same.stdout) == (0, True)
    told = json.loads(manifest.read_bytes())
    told["files"][0]["sha256"] = "0" * 64
    (tmp_path / "manifest.json").write_text(json.dumps(told), encoding="utf-8")
    other = dataset(house, "rebuild", tmp_path / "manifest.json", "--out", tmp_path / "third")
    assert (other.exit_code, "other bytes" in other.stdout) == (1, True)
    decided = dataset(house, "rebuild", "demo", "--from-scratch")
    assert (decided.exit_code, "the same decisions" in decided.stdout) == (0, True)
    assert dataset(house, "rebuild", "demo").exit_code == 2


def test_writing_commands_say_what_they_did(house: Warehouse, demo_run: Finished, tmp_path: Path) -> None:
    ids = kept_ids(house)
    plant_second(house, ids[:4])
    merged = dataset(house, "merge", "second", "demo", "--name", "both")
    assert merged.exit_code == 0, merged.output
    assert kept_ids(house, "both") == ids
    assert dataset(house, "delete", "second").exit_code == 1
    assert dataset(house, "delete", "second", "--force").exit_code == 0
    target = (tmp_path / "there").as_uri()
    assert "pushed to" in dataset(house, "push", demo_run.out / "trl_sft", target).stdout
    assert "already at" in dataset(house, "push", demo_run.out / "trl_sft", target).stdout
    assert dataset(house, "push", "demo", (tmp_path / "all").as_uri()).exit_code == 0
    assert sorted(path.name for path in (tmp_path / "all").iterdir()) == [
        "openai_chat",
        "trl_grpo",
        "trl_sft",
    ]
