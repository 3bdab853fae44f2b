"""What tells people and machines about an export: the card, and Croissant metadata."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.curate import curate
from flows.datasets.find import find_dataset
from flows.datasets.show import describe
from flows.export import export
from flows.licences.listing import list_sources, tell_licence
from tests.flows.finished import Finished
from warehouse import Warehouse

pytestmark = pytest.mark.slow
FORMATS = ("trl_sft", "openai_chat", "trl_grpo")


@pytest.mark.parametrize("name", FORMATS)
def test_card_header_is_yaml_and_its_figures_are_the_manifests(demo_run: Finished, name: str) -> None:
    folder = demo_run.out / name
    manifest = json.loads((folder / "manifest.json").read_bytes())
    _, header, body = (folder / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    told = yaml.safe_load(header)
    assert told["license"] == "unknown"
    assert told["size_categories"] == ["n<1K"]
    assert {entry["split"] for entry in told["configs"][0]["data_files"]} == {
        file["split"] for file in manifest["files"]
    }
    assert "language" not in told
    assert f"| kept | {manifest['counts']['kept_count']} |" in body
    for place, count in manifest["decision_counts"].items():
        rule, reason = place.split(": ")
        assert f"| {rule} | {reason} | {count} |" in body
    for file in {file["split"] for file in manifest["files"]}:
        assert f"\n| {file} |" in body
    if manifest["trained"] is None:
        assert "carry loss" not in body
    else:
        assert f"{manifest['trained']['message_count']} messages carry loss" in body
    assert "| is_success | kept |" in body


def test_manifest_hashes_every_other_file(demo_run: Finished) -> None:
    folder = demo_run.out / "trl_sft"
    manifest = json.loads((folder / "manifest.json").read_bytes())
    named = {file["name"] for file in (*manifest["files"], *manifest["side_files"])}
    assert named | {"manifest.json"} == {path.name for path in folder.iterdir()}


def leaves_of(field: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "subField" in field:
        for part in field["subField"]:
            yield from leaves_of(part)
    else:
        yield field


@pytest.mark.parametrize("name", FORMATS)
def test_croissant_names_files_by_hash_and_every_column(demo_run: Finished, name: str) -> None:
    folder = demo_run.out / name
    metadata = json.loads((folder / "croissant.json").read_bytes())
    manifest = json.loads((folder / "manifest.json").read_bytes())
    known = {file["name"]: file["sha256"] for file in (*manifest["files"], *manifest["side_files"])}
    objects = [entry for entry in metadata["distribution"] if entry["@type"] == "cr:FileObject"]
    assert {entry["@id"] for entry in objects} == {file["name"] for file in manifest["files"]} | {
        "provenance.parquet"
    }
    assert all(entry["sha256"] == known[entry["contentUrl"]] for entry in objects)
    assert metadata["prov:wasDerivedFrom"]["@id"].endswith(manifest["dataset_id"])
    records = {entry["@id"]: entry for entry in metadata["recordSet"]}
    assert set(records) == {file["split"] for file in manifest["files"]} | {"provenance"}
    leaves = [leaf for entry in records.values() for field in entry["field"] for leaf in leaves_of(field)]
    assert all(leaf["source"]["extract"]["column"] and leaf["dataType"] for leaf in leaves)
    if name == "trl_grpo":
        paths = {leaf["@id"]: leaf["source"].get("transform") for leaf in leaves}
        assert paths["train/prompt/role"] == {"jsonPath": "role"}
        assert paths["train/task_id"] is None


# mlcroissant 1.1 builds rdflib's old graphs
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", FORMATS)
def test_croissant_is_read_by_its_own_library(
    demo_run: Finished, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    croissant = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed")
    folder = demo_run.out / name
    monkeypatch.chdir(folder)
    dataset = croissant.Dataset(Path("croissant.json"))
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert {record.id for record in dataset.metadata.record_sets} >= {"train", "provenance"}
    # mlcroissant 1.1 cannot load a nested column that holds nulls, as those of conversations do.
    assert sum(1 for _ in dataset.records("provenance")) == manifest["row_count"]


def test_licences_of_sources_are_told_by_later_datasets_alone(house: Warehouse, tmp_path: Path) -> None:
    before = find_dataset(house, "demo")
    first, *others = list_sources(house)["source_id"]
    tell_licence(house, first, "MIT", url="https://example.org/data")
    assert describe(house, before)["licence"] == "unknown"
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("name: told\n", encoding="utf-8")
    curate(warehouse=house.root, recipe=recipe)
    told = describe(house, find_dataset(house, "told"))
    assert told["licence"] == ("unknown" if others else "MIT")
    for other in others:
        tell_licence(house, other, "Apache-2.0")
    curate(warehouse=house.root, recipe=recipe)
    export(warehouse=house.root, dataset="told", format_name="trl_sft", out=tmp_path / "out")
    _, header, body = (tmp_path / "out" / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    told_header = yaml.safe_load(header)
    if others:
        assert (told_header["license"], told_header["license_name"]) == ("other", "Apache-2.0 AND MIT")
    else:
        assert told_header["license"] == "mit"
    assert "| MIT | https://example.org/data |" in body
    metadata = json.loads((tmp_path / "out" / "croissant.json").read_bytes())
    assert "https://spdx.org/licenses/MIT.html" in metadata["license"]
    assert {entry.get("sc:license") for entry in metadata["prov:hadPrimarySource"]} <= {"MIT", "Apache-2.0"}
