import os
from pathlib import Path

import pytest

from flows.file_stamps import SETTLED_NS, FileStamps, now_ns, stamp_of
from flows.sources import SourceFile, find_files
from flows.sources.walking import FilePart
from warehouse import Warehouse


@pytest.fixture
def house(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "house", create=True)


def listed(folder: Path) -> list[SourceFile]:
    return find_files([folder])


def write(folder: Path, **texts: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.json").write_text(text)
    return folder


LATER_NS = 10 * SETTLED_NS


def test_an_untouched_file_is_known_by_its_stamp(house: Warehouse, tmp_path: Path) -> None:
    files = listed(write(tmp_path / "runs", a="{}", b="[]"))
    FileStamps(house).remember([(files[0], "id-of-a")], listed_ns=now_ns() + LATER_NS)
    assert FileStamps(house).known(listed(tmp_path / "runs")) == {files[0].uri: "id-of-a"}


def test_a_changed_file_is_not_known_even_if_its_time_is_set_back(house: Warehouse, tmp_path: Path) -> None:
    folder = write(tmp_path / "runs", a="{}")
    before = (folder / "a.json").stat()
    FileStamps(house).remember([(listed(folder)[0], "id")], listed_ns=now_ns() + LATER_NS)
    write(folder, a="[]")
    os.utime(folder / "a.json", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert FileStamps(house).known(listed(folder)) == {}


def test_another_file_in_its_place_is_not_known(house: Warehouse, tmp_path: Path) -> None:
    folder = write(tmp_path / "runs", a="{}")
    FileStamps(house).remember([(listed(folder)[0], "id")], listed_ns=now_ns() + LATER_NS)
    (folder / "other").write_text("[]")
    (folder / "other").replace(folder / "a.json")
    assert FileStamps(house).known(listed(folder)) == {}


def test_a_file_that_was_just_changed_is_not_trusted(house: Warehouse, tmp_path: Path) -> None:
    files = listed(write(tmp_path / "runs", a="{}"))
    FileStamps(house).remember([(files[0], "id")], listed_ns=now_ns())
    assert FileStamps(house).known(files) == {}


def test_the_newest_state_of_a_file_counts(house: Warehouse, tmp_path: Path) -> None:
    folder = write(tmp_path / "runs", a="{}")
    for text in ("[]", "[1]"):
        write(folder, a=text)
        FileStamps(house).remember([(listed(folder)[0], text)], listed_ns=now_ns() + LATER_NS)
    assert list(FileStamps(house).known(listed(folder)).values()) == ["[1]"]


def test_an_object_of_a_store_has_no_stamp() -> None:
    part = FilePart("s3://b/k", 3)
    file = SourceFile(location="s3://b/k", place="s3://b/k", name="b", pointed_at="s3://b", parts=(part,))
    assert stamp_of(file) is None
