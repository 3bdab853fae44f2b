"""What paths lead to: files, folders, globs; no pipes, no circles, each file once."""

import os
import socket
from pathlib import Path

import pytest

from flows.sources import find_files
from schemas.errors import SourceNotFoundError
from schemas.rollouts import bundling_format


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "runs"
    for name in ("b/2.jsonl", "b/deep/er/3.jsonl", "a.jsonl", "a.json.zst", ".hidden/x.jsonl", "b/.y.jsonl"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())
    return root


def found(*paths: Path | str, below: Path) -> list[str]:
    return [os.path.relpath(file.uri, below) for file in find_files(list(paths))]


def test_folders_are_searched_to_the_bottom_but_for_hidden_names(folder: Path) -> None:
    assert found(folder, below=folder) == ["a.json.zst", "a.jsonl", "b/2.jsonl", "b/deep/er/3.jsonl"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.jsonl", ["a.jsonl"]),
        ("*/*.jsonl", ["b/2.jsonl"]),
        ("**/*.jsonl", ["a.jsonl", "b/2.jsonl", "b/deep/er/3.jsonl"]),
        ("b/**", ["b/2.jsonl", "b/deep/er/3.jsonl"]),
        ("[b-z]/?.jsonl", ["b/2.jsonl"]),
        (".hidden/*", [".hidden/x.jsonl"]),
        ("b/.*.jsonl", ["b/.y.jsonl"]),
    ],
)
def test_globs_match_names_part_by_part(folder: Path, pattern: str, expected: list[str]) -> None:
    assert found(f"{folder}/{pattern}", below=folder) == expected


def test_each_file_is_found_once_where_it_is_first_named(folder: Path) -> None:
    paths: list[Path | str] = [
        folder / "b" / "2.jsonl",
        folder,
        f"{folder}/*.zst",
        f"file://{folder}/a.jsonl",
    ]
    assert found(*paths, below=folder) == ["b/2.jsonl", "a.json.zst", "a.jsonl", "b/deep/er/3.jsonl"]


def test_source_is_named_by_the_user_by_the_folder_or_by_the_file(folder: Path) -> None:
    assert [file.name for file in find_files([folder / "a.json.zst"])] == ["a"]
    assert {file.name for file in find_files([folder])} == {"runs"}
    assert {file.name for file in find_files([f"{folder}/"])} == {"runs"}
    assert {file.name for file in find_files([f"{folder}/**/*.jsonl"])} == {"runs"}
    assert [file.name for file in find_files([folder / "a.jsonl"], source_name="mine")] == ["mine"]


def test_paths_relative_to_the_working_folder_work(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert [file.uri for file in find_files(["a.jsonl"])] == ["a.jsonl"]
    assert [file.uri for file in find_files([".", "./a.jsonl"])][:2] == ["a.json.zst", "a.jsonl"]
    assert [file.uri for file in find_files(["b/*.jsonl"])] == ["b/2.jsonl"]
    assert {file.name for file in find_files(["*.jsonl", "."])} == {"runs"}


def test_pipes_and_sockets_are_no_files_and_never_block(folder: Path) -> None:
    os.mkfifo(folder / "pipe.jsonl")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(folder / "socket.jsonl"))
        assert "pipe.jsonl" not in found(folder, below=folder)
        assert found(folder, below=folder)[-1] == "b/deep/er/3.jsonl"


def test_links_that_lead_in_circles_end(folder: Path) -> None:
    (folder / "b" / "up").symlink_to(folder, target_is_directory=True)
    (folder / "b" / "again").symlink_to(folder / "b", target_is_directory=True)
    (folder / "self.jsonl").symlink_to(folder / "self.jsonl")
    expected = ["a.jsonl", "b/2.jsonl", "b/deep/er/3.jsonl", "self.jsonl"]
    assert found(f"{folder}/**/*.jsonl", below=folder) == expected
    assert set(found(folder, below=folder)) == {*expected, "a.json.zst"}


def test_links_to_files_are_files(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"{}")
    (folder / "linked.jsonl").symlink_to(tmp_path / "elsewhere")
    assert "linked.jsonl" in found(folder, below=folder)


@pytest.mark.parametrize(
    "path", ["absent", "*.nothing", "runs/**/*.nothing", "ftp://host/x", "http://host/x"]
)
def test_path_to_nothing_is_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.chdir(folder.parent)
    with pytest.raises(SourceNotFoundError, match=r"absent|nothing|Known schemes"):
        find_files([path])


def test_a_file_without_its_neighbours_is_no_bundle(tmp_path: Path) -> None:
    for name in ("one/trajectory.json", "two/trajectory.json", "two/trajectory.cont-1.json"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}")
    found = find_files([tmp_path], bundle_of=bundling_format)
    assert {(file.claimed_by, len(file.parts)) for file in found} == {(None, 1), ("atif", 2)}
