"""Archives: members streamed, nested one level; nothing hostile in them does harm, and nothing in them is lost."""

import gzip
import io
import pickle
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from flows.sources import Reading
from flows.sources.limits import Limits
from schemas.identity import content_digest
from schemas.rollouts import claiming_format
from tests.flows.sources.packing import COMPRESS, encrypted, tar, tar_of_specials, zipped, zst
from tests.flows.sources.reads import SMALL, line, lines, outcomes, read, read_cuts, refusals

MEMBERS = {
    "runs/b.jsonl": lines(1, 2),
    "runs/a.json": line(3),
    "c.jsonl.zst": zst(lines(4)),
    "d.gz": gzip.compress(lines(5)),
}


def write(folder: Path, content: bytes, name: str = "archive.bin") -> Path:
    (folder / name).write_bytes(content)
    return folder / name


@pytest.mark.parametrize("pack", [tar, zipped])
@pytest.mark.parametrize("compression", COMPRESS)
def test_members_are_read_in_archive_order(
    tmp_path: Path, pack: Callable[[dict[str, bytes]], bytes], compression: str
) -> None:
    path = write(tmp_path, COMPRESS[compression](pack(MEMBERS)))
    found = read(path)
    if pack is zipped and compression != "plain":
        assert [one.outcome for one in found] == ["unsafe_archive"]
        return
    names = ["runs/b.jsonl", "runs/b.jsonl", "runs/a.json", "c.jsonl.zst", "d.gz"]
    assert [one.uri for one in found] == [f"{path}!/{name}" for name in names]
    assert [one.locator for one in found] == ["line 1", "line 2", "file", "file", "file"]
    assert [one.raw for one in found] == [line(number) for number in range(1, 6)]
    assert {one.outcome for one in found} == {"kept"}


@pytest.mark.parametrize("pack", [tar, zipped])
def test_large_members_are_streamed(tmp_path: Path, pack: Callable[[dict[str, bytes]], bytes]) -> None:
    many = lines(*range(1000))
    assert len(many) > 4 * SMALL.small_file_bytes
    found = read(
        write(tmp_path, pack({"a.jsonl": many, "b.jsonl.gz": gzip.compress(many), "c.jsonl": lines(1)}))
    )
    assert [one.outcome for one in found] == ["kept"] * 2001


@pytest.mark.parametrize(
    "inner",
    [tar({"a.jsonl": lines(1)}), zipped({"a.jsonl": lines(1)}), gzip.compress(tar({"a": b""}))],
    ids=["tar", "zip", "tar.gz"],
)
@pytest.mark.parametrize("pack", [tar, zipped])
def test_an_archive_in_an_archive_is_refused_with_its_bytes(
    tmp_path: Path, pack: Callable[[dict[str, bytes]], bytes], inner: bytes
) -> None:
    found = read(write(tmp_path, pack({"inner": inner, "ok.jsonl": lines(1)})))
    assert [one.outcome for one in found] == ["unsafe_archive", "kept"]
    assert pack is zipped or found[0].raw == inner


def test_a_zip_that_a_format_claims_is_one_record(tmp_path: Path) -> None:
    log = zipped({"header.json": b"{}"})
    reading = Reading(
        claims=lambda head: "inspect" if head.file_name.endswith(".eval") else None, limits=SMALL
    )
    whole = write(tmp_path, log, "log.eval")
    packed = write(tmp_path, zst(tar({"logs/log.eval": log})), "logs.tar.zst")
    for cut in read_cuts([whole, packed], reading):
        assert (cut.record.raw, cut.record.claimed_by) == (log, "inspect")


def test_torch_files_and_pickles_are_refused_as_such(tmp_path: Path) -> None:
    torch = zipped({"model/data.pkl": pickle.dumps(1), "model/version": b"3"})
    write(tmp_path, torch, "model.pt")
    write(tmp_path, gzip.compress(pickle.dumps({"a": 1})), "step.pkl.gz")
    write(tmp_path, tar({"model.pt": torch}), "all.tar")
    assert outcomes(tmp_path) == ["python_pickle"] * 3


@pytest.mark.parametrize("name", ["../../outside.jsonl", "/absolute.jsonl", "a/../../b.jsonl", "C:\\x.jsonl"])
@pytest.mark.parametrize("pack", [tar, zipped])
def test_names_that_lead_outside_are_names_only(
    tmp_path: Path, pack: Callable[[dict[str, bytes]], bytes], name: str
) -> None:
    """The content is read; the name never becomes a path."""
    folder = tmp_path / "in" / "deep"
    folder.mkdir(parents=True)
    before = set(tmp_path.rglob("*"))
    path = write(folder, pack({name: lines(1)}))
    (found,) = read(path)
    assert (found.outcome, found.raw) == ("kept", line(1))
    assert found.uri.startswith(f"{path}!/")
    assert set(tmp_path.rglob("*")) == before | {path}
    assert not Path("/absolute.jsonl").exists()


def test_links_and_devices_are_refused_and_never_followed(tmp_path: Path) -> None:
    kinds = {
        "sym": tarfile.SYMTYPE,
        "hard": tarfile.LNKTYPE,
        "dev": tarfile.CHRTYPE,
        "fifo": tarfile.FIFOTYPE,
    }
    packed = tar_of_specials({**kinds, "dir": tarfile.DIRTYPE})
    cuts = read_cuts([write(tmp_path, packed)])
    assert [cut.source.file_name for cut in cuts] == list(kinds)
    assert {record.rejection.reason.value for record in refusals(cuts)} == {"unsafe_archive"}
    assert all(len(cut.record.raw) == tarfile.BLOCKSIZE for cut in cuts)
    assert b"root:" not in b"".join(cut.record.raw for cut in cuts)


def test_hidden_members_are_left_out_as_hidden_files_are(tmp_path: Path) -> None:
    packed = tar({"./a.jsonl": lines(1), ".git/x": lines(2), "__MACOSX/._a.jsonl": b"\0"})
    assert [one.uri.rpartition("!")[2] for one in read(write(tmp_path, packed))] == ["/a.jsonl"]


def test_sparse_members_are_refused(tmp_path: Path) -> None:
    info = tarfile.TarInfo("sparse")
    info.pax_headers = {"GNU.sparse.size": str(2**50), "GNU.sparse.map": "0,1", "GNU.sparse.major": "0"}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        info.size = 1
        archive.addfile(info, io.BytesIO(b"x"))
    assert outcomes(write(tmp_path, packed.getvalue())) == ["unsafe_archive"]


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_a_bomb_is_refused_and_what_was_read_before_is_kept(tmp_path: Path, compression: str) -> None:
    content = lines(1, 2) + b"{}%s\n" % (b" " * 1000) * 5_000
    bomb = COMPRESS[compression](content)
    found = read(write(tmp_path, bomb))
    assert [one.outcome for one in found[:2]] == ["kept", "kept"]
    assert (found[-1].outcome, found[-1].raw) == ("unsafe_archive", bomb)
    read_count = len(lines(1, 2)) + sum(1003 for one in found[2:-1])
    assert SMALL.expanded(len(bomb)) - 1003 <= read_count <= SMALL.expanded(len(bomb)) + 1003


def test_bombs_in_archives_cost_no_neighbour(tmp_path: Path) -> None:
    bomb = b"{}%s\n" % (b" " * 50_000) * 20
    zip_found = read(write(tmp_path, zipped({"bomb": bomb, "ok.jsonl": lines(1)})))
    assert [one.outcome for one in zip_found] == ["unsafe_archive", "kept"]
    assert len(zip_found[0].raw) < 3000
    packed = gzip.compress(bomb)
    tar_found = read(write(tmp_path, tar({"bomb.gz": packed, "ok.jsonl": lines(1)})))
    assert [one.outcome for one in tar_found[-2:]] == ["unsafe_archive", "kept"]
    assert tar_found[-2].raw == packed


def test_a_total_bound_holds_whatever_the_ratio(tmp_path: Path) -> None:
    limits = Limits(expansion_ratio=10**6, expanded_bytes=1000)
    reading = Reading(claims=claiming_format, limits=limits)
    assert outcomes(write(tmp_path, zst(lines(*range(100)))), reading=reading)[-1] == "unsafe_archive"


@pytest.mark.parametrize("pack", [tar, zipped])
def test_an_archive_of_no_files_is_a_refusal_with_its_bytes(
    tmp_path: Path, pack: Callable[[dict[str, bytes]], bytes]
) -> None:
    hidden = pack({".DS_Store": b"x"})
    for content in (pack({}), hidden, gzip.compress(tar({}))):
        (found,) = read(write(tmp_path, content))
        assert (found.outcome, found.raw) in {("empty_file", content), ("empty_file", tar({}))}


def test_encrypted_and_unknown_members_are_refused_with_their_bytes(tmp_path: Path) -> None:
    plain = zipped({"a.jsonl": lines(1)}, zipfile.ZIP_STORED)
    (found,) = read(write(tmp_path, encrypted(plain)))
    assert (found.outcome, found.raw) == ("unsupported_packing", lines(1))
    method = plain.replace(b"PK\x03\x04\x14\x00\x00\x00\x00\x00", b"PK\x03\x04\x14\x00\x00\x00\x5d\x00")
    place = method.index(b"PK\x01\x02")
    method = method[: place + 10] + b"\x5d\x00" + method[place + 12 :]
    (found,) = read(write(tmp_path, method))
    assert (found.outcome, found.raw) == ("unsupported_packing", lines(1))


@pytest.mark.parametrize("compression", COMPRESS)
@pytest.mark.parametrize("keep_frac", [0.4, 0.6, 0.8])
def test_members_before_the_break_of_a_tar_are_kept(
    tmp_path: Path, compression: str, keep_frac: float
) -> None:
    noise = [Random(number).randbytes(8000).hex() for number in range(40)]
    packed = COMPRESS[compression](tar({f"{n}.jsonl": line(n, text) + b"\n" for n, text in enumerate(noise)}))
    cut = packed[: int(len(packed) * keep_frac)]
    found = read(write(tmp_path, cut))
    kept, last = found[:-1], found[-1]
    assert len(kept) >= 1
    assert {one.outcome for one in kept} == {"kept"}
    assert (last.outcome, last.record_id) == ("unreadable_container", content_digest(cut))


@pytest.mark.parametrize("break_at", ["header", "member-end", "no-end-mark"])
def test_a_tar_that_breaks_between_members_does_not_end_silently(tmp_path: Path, break_at: str) -> None:
    packed = tar([("a.jsonl", lines(1)), ("b.jsonl", lines(2))])
    if break_at == "header":
        packed = packed[:1024] + b"\xff" * 512 + packed[1536:]
    else:
        packed = packed[: 1024 if break_at == "member-end" else 2048]
    expected = ["kept"] * (2 if break_at == "no-end-mark" else 1)
    assert outcomes(write(tmp_path, packed)) == [*expected, "unreadable_container"]


def test_a_tar_of_huge_headers_is_not_held(tmp_path: Path) -> None:
    long_name = tarfile.TarInfo("x" * (2 << 20))
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("ok.jsonl"))
        archive.addfile(long_name)
    cuts = read_cuts([write(tmp_path, packed.getvalue())])
    (refused,) = refusals(cuts)
    assert "header of 2097153 bytes" in refused.rejection.detail


def test_a_broken_zip_is_one_refused_record(tmp_path: Path) -> None:
    packed = zipped({"a.jsonl": lines(1)})
    (found,) = read(write(tmp_path, packed[:-10]))
    assert (found.outcome, found.raw) == ("unreadable_container", packed[:-10])


def test_a_broken_member_costs_no_neighbour(tmp_path: Path) -> None:
    half = zst(lines(*range(100)))[:-20]
    long = gzip.compress(b"".join(line(n, str(n) * 200) + b"\n" for n in range(90)), compresslevel=0)[:-20]
    assert SMALL.small_file_bytes < len(long) < SMALL.record_bytes
    found = read(write(tmp_path, tar({"a.zst": half, "b.gz": long, "ok.jsonl": lines(1)})))
    refused = [one for one in found if one.outcome != "kept"]
    assert [(one.outcome, one.raw) for one in refused] == [
        ("unreadable_container", half),
        ("unreadable_container", long),
    ]
    assert found[-1].raw == line(1)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_an_archive_that_breaks_in_a_large_member_is_refused_once(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    member = pack(b"".join(line(n, Random(n).randbytes(500).hex()) + b"\n" for n in range(200)))
    assert len(member) > 4 * SMALL.small_file_bytes
    packed = tar({"a.jsonl": lines(1), "b.jsonl": member})
    cut = packed[: len(packed) // 2]
    found = read(write(tmp_path, cut))
    *kept, last = [one for one in found if one.outcome != "truncated_json"]
    assert (last.outcome, last.record_id) == ("unreadable_container", content_digest(cut))
    assert {one.outcome for one in kept} == {"kept"}
    assert len(kept) > (50 if pack is bytes else 0)


def test_no_bytes_of_an_archive_crash_the_reading(tmp_path: Path) -> None:
    draw = Random(7)
    for pack in (tar, zipped):
        packed = pack(MEMBERS)
        for _ in range(150):
            broken = bytearray(packed)
            for _ in range(draw.randrange(1, 4)):
                broken[draw.randrange(len(broken))] = draw.randrange(256)
            outcomes(write(tmp_path, bytes(broken)))
