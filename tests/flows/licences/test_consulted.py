"""Licence documents among rollouts: kept and told, neither refused nor taken for rollouts."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from flows.ingest import ingest
from flows.licences.consulted import LICENCE_DOCUMENT
from flows.licences.listing import list_sources
from flows.licences.statements import source_licences
from flows.summary import after_ingest
from warehouse import Warehouse

CARD = "---\nlicense: cc-by-4.0\n---\n# Data\n"
INFO = json.dumps({"license": "mit", "features": {}})
ROLLOUT = json.dumps({"task_id": "a", "messages": [{"role": "user", "content": "do a"}]}) + "\n"


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    folder = tmp_path / "runs"
    folder.mkdir()
    (folder / "a.jsonl").write_text(ROLLOUT)
    return folder


def outcomes(house: Warehouse) -> list[tuple[str, str | None, str | None]]:
    """Give file, format and reason of each record."""
    rows = house.sql("SELECT source_uri, format, reason FROM records ORDER BY ALL").rows()
    return [(Path(uri).name, name, reason) for uri, name, reason in rows]


DOCUMENTS = [
    ("README.md", CARD),
    ("README.md", "no header\n"),
    ("README.md", f"# Example\n\n```\n{ROLLOUT}```\n"),
    ("LICENSE", "Do what is right.\n"),
    ("COPYING.txt", ""),
    ("dataset_info.json", INFO),
    ("croissant.json", '{\n  "license": "MIT"\n}'),
]
OTHERS = [
    ("README.md", b"# \xff\xfe text\n", "invalid_encoding"),
    ("LICENSE", b"GIF89a\0", "binary_content"),
    ("dataset_info.json", b'{"license": "mit"', "truncated_json"),
    ("dataset_info.json", b'{"a": 1}\n{"a": 2}\n', "unknown_format"),
    ("notes.md", b"# Notes\n", "invalid_json"),
]


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)


def pack(path: Path, members: dict[str, str]) -> None:
    with tarfile.open(path, "w") as tar:
        for name, text in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))


def test_licence_documents_are_kept_and_no_refusals(runs: Path, tmp_path: Path) -> None:
    for number, (name, text) in enumerate(DOCUMENTS):
        put(runs / str(number) / name, text.encode())
    counts = ingest(warehouse=tmp_path / "w", paths=[str(runs)])
    house = Warehouse(tmp_path / "w")
    assert (counts.record_count, counts.kept_count, counts.rejected_count) == (8, 8, 0)
    assert counts.trajectory_count == 1
    expected = [("a.jsonl", "openai_chat", None), *((name, LICENCE_DOCUMENT, None) for name, _ in DOCUMENTS)]
    assert sorted(outcomes(house)) == sorted(expected)
    assert {text.encode() for _, text in DOCUMENTS} <= set(house.store.read("records")["raw"])


def test_what_is_no_document_is_refused_as_ever(runs: Path, tmp_path: Path) -> None:
    for number, (name, content, _) in enumerate(OTHERS):
        put(runs / str(number) / name, content)
    ingest(warehouse=tmp_path / "w", paths=[str(runs)])
    refused = {(name, reason) for name, _, reason in outcomes(Warehouse(tmp_path / "w")) if reason}
    assert refused == {(name, reason) for name, _, reason in OTHERS}


def test_rollouts_under_a_documents_name_are_rollouts(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(ROLLOUT)
    assert ingest(warehouse=tmp_path / "w", paths=[str(tmp_path / "README.md")]).trajectory_count == 1


def test_a_format_that_the_user_insists_on_refuses_no_document(runs: Path, tmp_path: Path) -> None:
    (runs / "README.md").write_text(CARD)
    assert ingest(warehouse=tmp_path / "w", paths=[str(runs)], format_name="openai_chat").rejected_count == 0


def test_documents_in_archives_are_kept_too(tmp_path: Path) -> None:
    pack(tmp_path / "all.tar", {"README.md": CARD + ROLLOUT, "x/a.jsonl": ROLLOUT})
    counts = ingest(warehouse=tmp_path / "w", paths=[str(tmp_path / "all.tar")])
    assert (counts.kept_count, counts.rejected_count) == (2, 0)
    assert source_licences(Warehouse(tmp_path / "w"))["licence"].to_list() == ["CC-BY-4.0"]


def test_the_summary_tells_what_was_consulted(runs: Path, tmp_path: Path) -> None:
    (runs / "README.md").write_text(CARD)
    (runs / "LICENSE").write_text("Do what is right.\n")
    ingest(warehouse=tmp_path / "w", paths=[str(runs)])
    tables = after_ingest(tmp_path / "w")
    assert not any("refused" in title for title in tables)
    (told,) = tables["consulted for licences (winnow source list)"].to_pylist()
    assert told == {"document_count": 2, "example_source_uri": str(runs / "LICENSE")}


def test_ingesting_again_reads_no_document_anew(runs: Path, tmp_path: Path) -> None:
    (runs / "README.md").write_text(CARD)
    where: dict[str, Any] = {"warehouse": tmp_path / "w", "paths": [str(runs)]}
    first = ingest(**where)
    store = Warehouse(tmp_path / "w").store
    before = {name: store.version(name) for name in store.table_names() if name != "runs"}
    second = ingest(**where)
    assert second.record_count == first.record_count
    assert {name: store.version(name) for name in store.table_names() if name != "runs"} == before


def test_a_document_that_changed_speaks_for_files_that_did_not(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.file_stamps.SETTLED_NS", 0)
    (runs / "README.md").write_text(CARD)
    pack(runs / "own.tar", {"LICENSE": "SPDX-License-Identifier: MIT\n", "b.jsonl": ROLLOUT * 2})
    where: dict[str, Any] = {"warehouse": tmp_path / "w", "paths": [str(runs)]}
    ingest(**where)
    (runs / "README.md").write_text("---\nlicense: apache-2.0\n---\n")
    ingest(**where)
    told = list_sources(Warehouse(tmp_path / "w")).select("source_uri", "licence").rows()
    assert {Path(uri).name: licence for uri, licence in told} == {"a.jsonl": "Apache-2.0", "own.tar": "MIT"}
