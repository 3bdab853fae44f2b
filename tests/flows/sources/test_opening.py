"""Files as they are opened: identity, snapshots, and faults of the disk."""

import bz2
import gzip
import hashlib
import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.sources import Reading, find_files, open_source
from flows.sources.compression import expand
from flows.sources.locations import open_location
from schemas.rollouts import RawRecord, RefusedRecord, claiming_format
from tests.flows.sources.packing import zst
from tests.flows.sources.reads import SMALL, line, lines, outcomes, read, read_cuts, source_ids

READING = Reading(claims=claiming_format, limits=SMALL)
BIG = lines(*range(1000))


@pytest.mark.parametrize(
    "pack",
    [
        bytes,
        gzip.compress,
        zst,
        lambda content: zst(content[:100]) + zst(content[100:]),
        bz2.compress,
        lambda content: bz2.compress(content[:100]) + bz2.compress(content[100:]),
    ],
)
@pytest.mark.parametrize("content", [lines(1, 2), BIG], ids=["small", "large"])
def test_compression_is_told_from_content_not_from_the_name(
    tmp_path: Path, pack: Callable[[bytes], bytes], content: bytes
) -> None:
    (tmp_path / "named-wrongly.txt").write_bytes(pack(content))
    assert [one.raw for one in read(tmp_path)] == content.splitlines()


def test_a_compressed_stream_can_be_read_at_once() -> None:
    packed = gzip.compress(BIG)
    stream = expand(io.BytesIO(packed), "gzip", stored_bytes_count=len(packed), limits=SMALL)
    assert stream.read() == BIG


@pytest.mark.parametrize("content", [b"", lines(1), BIG, zst(BIG)], ids=["empty", "small", "large", "zstd"])
def test_identity_is_the_digest_of_the_bytes_as_they_lie_there(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    assert source_ids(tmp_path) == [hashlib.sha256(content).hexdigest()]


@pytest.mark.parametrize("pack", [gzip.compress, zst])
def test_records_before_the_break_of_a_compressed_file_are_kept(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    content = b"".join(line(number, os.urandom(50).hex()) + b"\n" for number in range(5000))
    whole = pack(content)
    (tmp_path / "cut.jsonl").write_bytes(whole[: len(whole) // 2])
    found = read(tmp_path)
    assert found[-1].outcome == "unreadable_container"
    assert found[-1].record_id == hashlib.sha256(whole[: len(whole) // 2]).hexdigest()
    assert {one.outcome for one in found[:-1]} == {"kept"}
    assert 1500 < len(found) < 3000


@pytest.mark.parametrize(
    "content", [lines(1), line(1), b"[" + line(1) + b"]", BIG], ids=["line", "document", "array", "large"]
)
@pytest.mark.parametrize("members", [1, 3])
def test_zero_bytes_behind_a_gzip_file_are_no_fault(tmp_path: Path, content: bytes, members: int) -> None:
    size = -(-len(content) // members)
    cuts = [content[start : start + size] for start in range(0, len(content), size)]
    (tmp_path / "padded.gz").write_bytes(b"".join(gzip.compress(part) for part in cuts) + b"\0" * 70_000)
    assert set(outcomes(tmp_path)) == {"kept"}
    assert len(read(tmp_path)) == content.count(b"task_id")


@pytest.mark.parametrize("content", [lines(1), line(1), b"[" + line(1) + b"]", lines(1, 2, 3)])
@pytest.mark.parametrize(
    "garbage", [b"garbage", b"\0" * 9 + b"garbage", b"\x1f\x8b\x08", b"\0" * 9 + gzip.compress(b"{}")]
)
def test_records_before_garbage_are_kept_and_the_garbage_refused(
    tmp_path: Path, content: bytes, garbage: bytes
) -> None:
    packed = gzip.compress(content) + garbage
    (tmp_path / "garbage.gz").write_bytes(packed)
    *records, refused = read(tmp_path)
    assert [one.outcome for one in records] == ["kept"] * content.count(b"task_id")
    assert (refused.outcome, refused.raw) == ("unreadable_container", packed)


@pytest.mark.parametrize(
    "content", [line(1, "x" * 9000), b"[" + line(1) + b"," + line(2, os.urandom(9000).hex()) + b"]"]
)
def test_a_record_that_a_break_cuts_off_is_refused_once_with_its_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cut.json.gz").write_bytes(gzip.compress(content)[:-40])
    assert outcomes(tmp_path) == ["kept"] * content.startswith(b"[") + ["unreadable_container"]


def test_a_file_that_grows_is_read_as_it_was_when_it_was_opened(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(BIG)
    (file,) = find_files([path])
    with open_source(file, READING) as opened:
        first = next(opened.cuts)
        with path.open("ab") as more:
            more.write(BIG)
        rest = list(opened.cuts)
    assert first.record.raw == line(0)
    assert len(rest) == 999
    assert opened.source_id == hashlib.sha256(BIG).hexdigest()


def test_a_file_that_grows_in_the_middle_of_a_line_costs_that_line(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_bytes(lines(1, 2) + line(3)[:20])
    assert outcomes(tmp_path) == ["kept", "kept", "truncated_json"]


@pytest.mark.parametrize("change", ["cut", "written over"])
def test_a_file_that_is_changed_while_it_is_read_is_never_taken_for_whole(
    tmp_path: Path, change: str
) -> None:
    path = tmp_path / "log.jsonl"
    content = b"".join(line(number, "x" * 2000) + b"\n" for number in range(2000))
    path.write_bytes(content)
    os.utime(path, ns=(1, 1))
    (file,) = find_files([path])
    with open_source(file, READING) as opened:
        next(opened.cuts)
        if change == "cut":
            os.truncate(path, len(content) // 2)
        else:
            with path.open("rb+") as stream:
                stream.write(b"other")
        *_, last = opened.cuts
    assert isinstance(last.record, RefusedRecord)
    assert last.record.rejection.reason.value == "unreadable_container"
    assert change in last.record.rejection.detail


def test_a_file_that_vanished_or_became_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    for name in ("gone.jsonl", "pipe.jsonl", "ok.jsonl"):
        (tmp_path / name).write_bytes(lines(1))
    files = find_files([tmp_path])
    (tmp_path / "gone.jsonl").unlink()
    (tmp_path / "pipe.jsonl").unlink()
    os.mkfifo(tmp_path / "pipe.jsonl")
    seen: list[tuple[str, RawRecord]] = []
    for file in files:
        with open_source(file, READING) as opened:
            seen.extend((cut.source.file_name, cut.record) for cut in opened.cuts)
    refused = {name: record for name, record in seen if isinstance(record, RefusedRecord)}
    assert set(refused) == {"gone.jsonl", "pipe.jsonl"}
    assert refused["gone.jsonl"].rejection.detail == "No such file or directory."
    assert "its mode is p" in refused["pipe.jsonl"].rejection.detail
    assert len({record.record_id for record in refused.values()}) == 2
    assert all(
        (record.raw, record.bytes_count, record.is_held) == (b"", 0, False) for record in refused.values()
    )


def test_broken_links_are_refused_each_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").symlink_to(tmp_path / "nowhere")
    (tmp_path / "b.jsonl").symlink_to(tmp_path / "b.jsonl")
    found = read(tmp_path)
    assert [one.outcome for one in found] == ["file_not_read"] * 2
    assert len({one.record_id for one in found}) == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.jsonl").write_bytes(lines(1))
    (tmp_path / "secret.jsonl").chmod(0)
    assert outcomes(tmp_path) == ["file_not_read"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"", ["empty_file"], id="no-bytes"),
        pytest.param(line()[:-5], ["truncated_json"], id="truncated"),
        pytest.param(line().decode().encode("utf-16"), ["invalid_encoding"], id="utf-16"),
        pytest.param(line(text="Hé").replace(b"\\u00e9", b"\xe9"), ["invalid_encoding"], id="latin-1"),
        pytest.param(
            line(1) + b"\n" + line(1)[:9] + b"\0\n" + line(2), ["kept", "invalid_json", "kept"], id="nul"
        ),
        pytest.param(
            lines(1) + b"\0" * 50 + b"\n" + lines(2), ["kept", "binary_content", "kept"], id="nul-line"
        ),
        pytest.param(
            lines(1) + b"[" * 10**6 + b"\n" + lines(2), ["kept", "record_too_large", "kept"], id="deep"
        ),
        pytest.param(b"[" * 60_000, ["invalid_json"], id="deep-document"),
        pytest.param(
            lines(1) + b"7" * 10**7 + b"\n" + lines(2), ["kept", "record_too_large", "kept"], id="digits"
        ),
        pytest.param(b"<PLACEHOLDER ROW>\n" * 2, ["placeholder"] * 2, id="placeholder"),
        pytest.param(b"\x89PNG\r\n\x1a\n\0\0", ["binary_content"], id="picture"),
        pytest.param(line(1).replace(b'"trial": 1', b'"reward": NaN'), ["not_finite_number"], id="nan"),
    ],
)
def test_hostile_content_is_refused_and_its_neighbours_are_kept(
    tmp_path: Path, content: bytes, expected: list[str]
) -> None:
    (tmp_path / "a.jsonl").write_bytes(content)
    (tmp_path / "b.jsonl").write_bytes(lines(9))
    assert outcomes(tmp_path) == [*expected, "kept"]


def test_open_files_are_closed(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(BIG)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        read_cuts([path])
        with open_location(str(path)) as stored:
            stored.open()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
