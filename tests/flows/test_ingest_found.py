"""What an ingest finds where names are no text, and where its own warehouse lies."""

import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.ingest import ingest
from flows.licences.listing import list_sources
from flows.sources import find_files, list_files
from schemas.errors import SourceNotFoundError
from tests.flows.sources.reads import line, lines
from warehouse import Warehouse

BAD = os.fsdecode(b"caf\xe9")


def sql(root: Path, query: str) -> list[Any]:
    return Warehouse(root).sql(query).rows()


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """Make a folder of names that are no UTF-8, on the disk and in an archive."""
    folder = tmp_path / "in" / BAD / "runs"
    folder.mkdir(parents=True)
    (folder / f"{BAD}.jsonl").write_bytes(lines(0) + line(1)[:40])
    (folder / "caf%E9.jsonl").write_bytes(lines(2))
    (folder / f"gone-{BAD}.jsonl").symlink_to("nowhere")
    (folder / "LICENSE").write_text("SPDX-License-Identifier: MIT\n")
    with tarfile.open(folder / "odd.tar", "w") as archive:
        for name, content in (("good.jsonl", lines(3)), (f"{BAD}.jsonl", lines(4))):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return folder


def test_names_that_are_no_text_are_read_and_shown_as_text(odd: Path, tmp_path: Path) -> None:
    counts = ingest(warehouse=tmp_path / "house", paths=[f"{tmp_path}/in"])
    assert (counts.kept_count, counts.rejected_count) == (5, 2)  # the licence is kept, too
    kept = sql(tmp_path / "house", "SELECT source_uri FROM records WHERE parse_status = 'parsed' ORDER BY 1")
    shown = [uri.removeprefix(f"{tmp_path}/in/caf%E9/runs/") for (uri,) in kept]
    names = ["LICENSE", "caf%E9.jsonl", "caf%E9.jsonl", "odd.tar!/caf%E9.jsonl", "odd.tar!/good.jsonl"]
    assert sorted(shown) == sorted(names)
    assert set(list_sources(Warehouse(tmp_path / "house"))["licence"]) == {"MIT"}


def test_names_that_are_no_text_are_known_and_settled_as_others_are(odd: Path, tmp_path: Path) -> None:
    root = tmp_path / "house"
    ingest(warehouse=root, paths=[f"{tmp_path}/in"])
    assert ingest(warehouse=root, paths=[f"{tmp_path}/in"]).new_trajectory_count == 0
    (odd / f"{BAD}.jsonl").write_bytes(lines(0, 1))
    assert ingest(warehouse=root, paths=[f"{tmp_path}/in"]).replaced_source_count == 1
    refused = sql(root, "SELECT source_uri FROM standing_rejects")
    assert [Path(uri).name for (uri,) in refused] == ["gone-caf%E9.jsonl"]


def test_a_path_that_is_no_text_is_taken_from_the_command_line(odd: Path, tmp_path: Path) -> None:
    command = ["ingest", str(odd / f"{BAD}.jsonl"), f"{odd}/odd.t*", "--warehouse", str(tmp_path / "house")]
    answer = CliRunner().invoke(app, command)
    assert answer.exit_code == 0, answer.output
    names = sql(tmp_path / "house", "SELECT source_name, source_uri FROM sources ORDER BY 1")
    assert [(name, Path(uri).name) for name, uri in names] == [
        ("caf%E9", "caf%E9.jsonl"),
        ("runs", "odd.tar"),
    ]


def test_a_bundle_whose_names_are_no_text_is_one_record(tmp_path: Path) -> None:
    folder = tmp_path / BAD
    for number in range(2):
        folder.mkdir(exist_ok=True)
        name = "trajectory.json" if number == 0 else "trajectory.cont-1.json"
        (folder / name).write_text(json.dumps({"schema_version": "ATIF-v1.6", "steps": []}))
    ingest(warehouse=tmp_path / "house", paths=[str(tmp_path)])
    told = sql(tmp_path / "house", "SELECT source_uri, locator FROM records")
    assert told == [(str(tmp_path / "caf%E9"), "bundle")]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a folder that holds rollouts and, once they were ingested, the warehouse."""
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "a.jsonl").write_bytes(lines(0, 1))
    ingest(warehouse=tmp_path / "deep" / "house", paths=[str(tmp_path)])
    return tmp_path


@pytest.mark.parametrize("pattern", ["", "/**", "/**/*.json*"])
def test_a_warehouse_never_ingests_itself(project: Path, pattern: str) -> None:
    house = project / "deep" / "house"
    counts = ingest(warehouse=house, paths=[f"{project}{pattern}", str(project / "runs")])
    assert counts.skipped_warehouse_count == 1
    assert counts.file_count == 1
    assert counts.told()["skipped_warehouse_count"] == 1
    listed = list_files([str(project)])
    assert [Path(file.uri).name for file in listed.files] == ["a.jsonl"]
    assert listed.warehouses == [str(house)]


def test_pointing_at_a_warehouse_is_an_error_that_says_so(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = project / "deep" / "house"
    monkeypatch.chdir(house)
    for path in (str(house), ".", f"{house}/*.json"):
        with pytest.raises(SourceNotFoundError, match="is a warehouse"):
            find_files([path])


def test_a_file_in_a_warehouse_is_ingested_when_it_is_named(project: Path) -> None:
    file = project / "deep" / "house" / "exported.jsonl"
    file.write_bytes(lines(5))
    assert [found.uri for found in find_files([file])] == [str(file)]
