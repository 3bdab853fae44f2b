"""Files beside the one that is read: small, near, and never outside of what the user pointed at and a little above."""

import os
from pathlib import Path

import pytest

from flows.sources import Reading, find_files, open_source
from schemas.rollouts import claiming_format
from tests.flows.sources.packing import tar, zipped, zst
from tests.flows.sources.reads import SMALL, lines

FILES = {
    "top.json": b"top",
    "x/above.json": b"above",
    "x/y/beside.json": b"beside",
    "x/y/large.json": b"x" * (SMALL.beside_bytes + 1),
    "x/y/run/log.jsonl": lines(1),
    "x/y/run/meta.json": b'{"meta": 1}',
}
ASKED = [
    "meta.json",
    "../beside.json",
    "../../above.json",
    "../../../top.json",
    "../large.json",
    "absent.json",
    ".",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


def beside(path: Path | str, asked: str) -> bytes | None:
    reading = Reading(claims=claiming_format, limits=SMALL)
    for file in find_files([path]):
        with open_source(file, reading) as opened:
            for cut in opened.cuts:
                if cut.source.file_name == "log.jsonl":
                    return cut.source.beside(asked)
    raise AssertionError(path)


def test_files_are_read_up_to_two_folders_above_what_the_user_pointed_at(folder: Path) -> None:
    expected = [b'{"meta": 1}', b"beside", b"above", None, None, None, None]
    for path in ("x/y/run/log.jsonl", "x/y/run"):
        assert [beside(folder / path, asked) for asked in ASKED] == expected
    assert beside(folder, "../../../top.json") == b"top"
    assert beside(f"{folder}/x/y/*/log.jsonl", "../../above.json") == b"above"
    assert beside(f"{folder}/x/y/*/log.jsonl", "../../../top.json") == b"top"


@pytest.mark.parametrize("asked", ["/etc/passwd", "../../../../../../../../etc/passwd", "linked.json"])
def test_nothing_outside_is_read_whatever_the_name(folder: Path, asked: str) -> None:
    (folder / "x/y/run/linked.json").symlink_to("/etc/passwd")
    assert beside(folder / "x/y/run", asked) is None


def test_a_pipe_beside_a_file_never_blocks(folder: Path) -> None:
    os.mkfifo(folder / "x/y/run/pipe.json")
    assert beside(folder / "x/y/run/log.jsonl", "pipe.json") is None


@pytest.mark.parametrize("how", ["tar", "tar.zst", "zip"])
def test_members_of_an_archive_see_each_other_and_nothing_else(folder: Path, how: str) -> None:
    packed = {"tar": tar(FILES), "tar.zst": zst(tar(FILES)), "zip": zipped(FILES)}[how]
    path = folder / "packed.bin"
    path.write_bytes(packed)
    expected = [b'{"meta": 1}', b"beside", b"above", b"top", None, None, None]
    assert [beside(path, asked) for asked in ASKED] == expected
    assert beside(path, "../../../packed.bin") is None
    assert beside(path, "../../../../top.json") is None


def test_members_that_memory_has_no_room_for_are_found_all_the_same(tmp_path: Path) -> None:
    many = {f"{number:03}.json": b"x" * 4000 for number in range(30)}
    (tmp_path / "packed.tar").write_bytes(tar({"log.jsonl": lines(1), **many}))
    assert beside(tmp_path / "packed.tar", "029.json") == b"x" * 4000


def test_files_beside_a_broken_archive_are_those_before_the_break(tmp_path: Path) -> None:
    packed = tar({"log.jsonl": lines(1), "a.json": b"a", "b.json": b"b"})
    (tmp_path / "cut.tar").write_bytes(packed[: 4 * 512])
    assert (beside(tmp_path / "cut.tar", "a.json"), beside(tmp_path / "cut.tar", "b.json")) == (b"a", None)
