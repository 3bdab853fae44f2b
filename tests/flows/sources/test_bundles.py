"""Bundles: files that one format reads as one record, in folders and archives alike."""

from pathlib import Path, PurePosixPath

import pytest

from flows.sources import Cut, Reading, find_files
from schemas.rollouts import BundleName, claiming_format
from schemas.rollouts.raw.bundle import pack_bundle, unpack_bundle
from tests.flows.sources.packing import tar, zipped, zst
from tests.flows.sources.reads import SMALL, lines, read_cuts

RUNS = {
    "out/run-1/events/1.json": b'{"id": 1}',
    "out/run-2/events/1.json": b'{"id": 3}',
    "out/run-1/events/2.json": b'{"id": 2}',
    "out/run-1/notes.jsonl": lines(5),
}


def events(path: str) -> BundleName | None:
    folder = PurePosixPath(path).parent
    return BundleName("log", str(folder.parent), 1) if folder.name == "events" else None


READING = Reading(claims=claiming_format, bundle_of=events, limits=SMALL)


def write(folder: Path, how: str) -> Path:
    if how == "folder":
        for name, content in RUNS.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        return folder / "out"
    packed = {"tar": tar(RUNS), "tar.zst": zst(tar(RUNS)), "zip": zipped(RUNS)}[how]
    (folder / "packed").write_bytes(packed)
    return folder / "packed"


def bundles(cuts: list[Cut]) -> dict[str, dict[str, bytes]]:
    return {
        cut.source.file_name: unpack_bundle(cut.record.raw)
        for cut in cuts
        if cut.record.claimed_by == "log" and cut.record.locator == "bundle"
    }


@pytest.mark.parametrize("how", ["folder", "tar", "tar.zst", "zip"])
def test_files_of_one_key_are_one_record(tmp_path: Path, how: str) -> None:
    cuts = read_cuts([write(tmp_path, how)], READING, bundle_of=events)
    assert bundles(cuts) == {
        "run-1": {"events/1.json": b'{"id": 1}', "events/2.json": b'{"id": 2}'},
        "run-2": {"events/1.json": b'{"id": 3}'},
    }
    assert [cut.record.raw for cut in cuts if cut.record.claimed_by is None] == [lines(5).strip()]


def test_a_glob_finds_bundles_too(tmp_path: Path) -> None:
    write(tmp_path, "folder")
    files = find_files([f"{tmp_path}/out/*/events/1.json"], bundle_of=events)
    assert [(Path(file.uri).name, file.claimed_by) for file in files] == [("run-1", "log"), ("run-2", "log")]


def test_the_record_is_the_same_wherever_the_files_lie(tmp_path: Path) -> None:
    ids = set()
    for how in ("folder", "tar", "tar.zst", "zip"):
        (tmp_path / how).mkdir()
        cuts = read_cuts([write(tmp_path / how, how)], READING, bundle_of=events)
        ids.add(tuple(sorted(cut.record.record_id for cut in cuts)))
    assert len(ids) == 1


def test_a_bundle_that_is_too_large_is_refused_file_by_file(tmp_path: Path) -> None:
    big = {f"out/run/events/{number}.json": b'"' + b"x" * 30_000 + b'"' for number in range(4)}
    (tmp_path / "big.tar").write_bytes(tar({**big, "ok.jsonl": lines(1)}))
    for name, content in big.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    for path in (tmp_path / "big.tar", tmp_path / "out"):
        cuts = [
            cut for cut in read_cuts([path], READING, bundle_of=events) if cut.record.raw != lines(1).strip()
        ]
        assert [cut.record.locator for cut in cuts] == [f"events/{number}.json" for number in range(4)]
        assert [cut.record.raw for cut in cuts] == list(big.values())


def test_bundles_of_a_broken_archive_keep_what_was_read(tmp_path: Path) -> None:
    packed = tar(RUNS)
    (tmp_path / "cut.tar").write_bytes(packed[: 5 * 512])
    cuts = read_cuts([tmp_path / "cut.tar"], READING, bundle_of=events)
    assert bundles(cuts) == {
        "run-1": {"events/1.json": b'{"id": 1}'},
        "run-2": {"events/1.json": b'{"id": 3}'},
    }
    assert cuts[-1].record.raw == packed[: 5 * 512]


def test_a_name_that_an_archive_repeats_is_read_by_itself(tmp_path: Path) -> None:
    (tmp_path / "twice.tar").write_bytes(tar([("r/events/1.json", b"1"), ("r/events/1.json", b"2")]))
    cuts = read_cuts([tmp_path / "twice.tar"], READING, bundle_of=events)
    assert [cut.record.raw for cut in cuts] == [b"2", pack_bundle({"events/1.json": b"1"})]


def test_a_file_of_a_bundle_that_cannot_be_read_is_refused_beside_it(tmp_path: Path) -> None:
    folder = write(tmp_path, "folder")
    (folder / "run-2" / "events" / "2.json").symlink_to(tmp_path / "nowhere")
    cuts = read_cuts([folder / "run-2"], READING, bundle_of=events)
    assert [cut.record.locator for cut in cuts] == ["file", "bundle"]
