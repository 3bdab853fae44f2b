"""Licences at ingest: found beside rollouts and inside archives, told by the user, and never asked for twice."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.ingest import ingest
from flows.licences.listing import list_sources, tell_licence
from flows.licences.statements import source_licences
from schemas.errors import SourceNotFoundError, UnknownNameError, WinnowError
from warehouse import Warehouse

CARD = "---\nlicense: cc-by-4.0\n---\n# Data\n"


def rollout(task: str) -> str:
    messages = [{"role": "user", "content": f"do {task}"}, {"role": "assistant", "content": "done"}]
    return json.dumps({"task_id": task, "messages": messages}) + "\n"


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def licences(root: Path) -> dict[str, tuple[str | None, str | None, str | None]]:
    """Give licence, who told it and where, by the name of the source's file."""
    rows = list_sources(Warehouse(root)).select("source_uri", "licence", "told_by", "place").rows()
    return {Path(uri).name: (licence, by, place) for uri, licence, by, place in rows}


def versions(root: Path) -> dict[str, int | None]:
    store = Warehouse(root).store
    return {name: store.version(name) for name in store.table_names() if name != "runs"}


def test_the_nearest_folder_speaks_for_a_file(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    put(runs / "README.md", CARD)
    put(runs / "a.jsonl", rollout("a"))
    put(runs / "deep" / "er" / "b.jsonl", rollout("b"))
    put(runs / "own" / "LICENSE", "SPDX-License-Identifier: MIT\n")
    put(runs / "own" / "c.jsonl", rollout("c"))
    ingest(warehouse=tmp_path / "w", paths=[str(runs)])
    assert licences(tmp_path / "w") == {
        "a.jsonl": ("CC-BY-4.0", "source", "README.md"),
        "b.jsonl": ("CC-BY-4.0", "source", "README.md"),
        "c.jsonl": ("MIT", "source", "own/LICENSE"),
    }


def test_nothing_above_what_the_user_pointed_at_speaks(tmp_path: Path) -> None:
    put(tmp_path / "README.md", CARD)
    put(tmp_path / "runs" / "a.jsonl", rollout("a"))
    ingest(warehouse=tmp_path / "w", paths=[str(tmp_path / "runs")])
    assert licences(tmp_path / "w") == {"a.jsonl": (None, None, None)}
    assert Warehouse(tmp_path / "w").store.version("licences") is None


def test_a_text_that_is_not_known_is_reported_and_means_unknown(tmp_path: Path) -> None:
    put(tmp_path / "runs" / "LICENSE", "Do what is right.\n")
    put(tmp_path / "runs" / "a.jsonl", rollout("a"))
    ingest(warehouse=tmp_path / "w", paths=[str(tmp_path / "runs")])
    assert licences(tmp_path / "w") == {"a.jsonl": (None, "source", "LICENSE")}


def archive(path: Path, members: dict[str, str]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, text in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return path


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (
            {"LICENSE": "SPDX-License-Identifier: ISC\n", "x/a.jsonl": rollout("a")},
            ("ISC", "source", "LICENSE"),
        ),
        ({"x/y/a.jsonl": rollout("a"), "x/README.md": CARD}, ("CC-BY-4.0", "source", "x/README.md")),
        ({"x/README.md": CARD, "x/a.jsonl": rollout("a"), "z/b.jsonl": rollout("b")}, (None, None, None)),
    ],
)
def test_in_an_archive_a_folder_that_holds_all_of_it_speaks(
    tmp_path: Path, members: dict[str, str], expected: tuple[str | None, ...]
) -> None:
    (tmp_path / "runs").mkdir()
    archive(tmp_path / "runs" / "all.tar.gz", members)
    ingest(warehouse=tmp_path / "w", paths=[str(tmp_path / "runs")])
    assert licences(tmp_path / "w") == {"all.tar.gz": expected}


def test_an_archive_that_is_known_by_its_content_keeps_its_own_licence_wherever_it_turns_up(
    tmp_path: Path,
) -> None:
    (tmp_path / "runs").mkdir()
    first = archive(
        tmp_path / "runs" / "all.tar.gz",
        {"LICENSE": "SPDX-License-Identifier: ISC\n", "a.jsonl": rollout("a")},
    )
    ingest(warehouse=tmp_path / "w", paths=[str(tmp_path / "runs")])
    put(tmp_path / "copies" / "README.md", CARD)
    (tmp_path / "copies" / "all.tar.gz").write_bytes(first.read_bytes())
    ingest(warehouse=tmp_path / "w", paths=[str(tmp_path / "copies")])
    assert licences(tmp_path / "w")["all.tar.gz"] == ("ISC", "source", "LICENSE")


def test_the_user_is_believed_before_the_source_and_may_take_it_back(tmp_path: Path) -> None:
    put(tmp_path / "runs" / "README.md", CARD)
    put(tmp_path / "runs" / "a.jsonl", rollout("a"))
    where: dict[str, Any] = {"warehouse": tmp_path / "w", "paths": [str(tmp_path / "runs")]}
    ingest(**where, licence="apache-2.0", source_url="https://example.org/data")
    assert licences(tmp_path / "w")["a.jsonl"] == ("Apache-2.0", "user", None)
    ingest(**where, source_url="https://example.org/moved")
    ((licence, url),) = source_licences(Warehouse(tmp_path / "w")).select("licence", "url").unique().rows()
    assert (licence, url) == ("Apache-2.0", "https://example.org/moved")
    ingest(**where, licence="NOASSERTION")
    assert licences(tmp_path / "w")["a.jsonl"] == (None, "user", None)


def test_the_same_bytes_are_not_read_twice_for_a_licence(tmp_path: Path) -> None:
    put(tmp_path / "runs" / "a.jsonl", rollout("a"))
    where: dict[str, Any] = {"warehouse": tmp_path / "w", "paths": [str(tmp_path / "runs")]}
    ingest(**where)
    before = versions(tmp_path / "w")
    ingest(**where, licence="MIT")
    told = versions(tmp_path / "w")
    assert {name: version for name, version in told.items() if before.get(name) != version}.keys() == {
        "licences"
    }
    ingest(**where, licence="MIT")
    assert versions(tmp_path / "w") == told


def test_what_is_said_of_a_file_that_grew_holds_for_its_earlier_bytes(tmp_path: Path) -> None:
    file = put(tmp_path / "a.jsonl", rollout("a"))
    ingest(warehouse=tmp_path / "w", paths=[str(file)])
    file.write_text(rollout("a") + rollout("b"), encoding="utf-8")
    ingest(warehouse=tmp_path / "w", paths=[str(file)], licence="MIT")
    house = Warehouse(tmp_path / "w")
    assert set(house.store.read("records")["source_id"]) <= set(source_licences(house)["source_id"])


def test_wrong_words_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    put(tmp_path / "a.jsonl", rollout("a"))
    refused: list[tuple[dict[str, Any], type[WinnowError]]] = [
        ({"licence": "MTI"}, UnknownNameError),
        ({"source_url": "example.org"}, WinnowError),
    ]
    for wrong, error in refused:
        with pytest.raises(error, match="Hint"):
            ingest(warehouse=tmp_path / "w", paths=[str(tmp_path / "a.jsonl")], **wrong)
    assert not (tmp_path / "w" / "tables").exists()


def test_licences_are_told_later_by_name_or_id(tmp_path: Path) -> None:
    put(tmp_path / "a.jsonl", rollout("a"))
    ingest(warehouse=tmp_path / "w", paths=[str(tmp_path / "a.jsonl")])
    house = Warehouse(tmp_path / "w")
    (source_id,) = house.store.read("sources")["source_id"]
    assert tell_licence(house, "a", "mit").changed_count == 1
    assert tell_licence(house, source_id[:8], "MIT").changed_count == 0
    assert tell_licence(house, source_id, "isc", url="https://example.org").changed_count == 1
    assert list_sources(house).select("licence", "url").rows() == [("ISC", "https://example.org")]
    for nobody in ("b", source_id[:3]):
        with pytest.raises(SourceNotFoundError, match="Known names: a"):
            tell_licence(house, nobody, "MIT")


def test_a_warehouse_that_never_heard_of_licences_knows_none(tmp_path: Path) -> None:
    house = Warehouse(tmp_path / "w", create=True)
    assert source_licences(house).is_empty()
    assert source_licences(house).schema["licence"] == pl.String
