"""The whole ingest over hostile inputs: what is good lands, what is not is a row with a reason, and nothing is lost."""

import os

import pytest

from flows.ingest import ingest
from flows.settings import RECORD_BYTES
from tests.flows.sources.packing import tar, tar_of_specials, zipped, zst
from tests.flows.sources.reads import lines
from warehouse import Warehouse
from warehouse.integrity import check

pytestmark = pytest.mark.slow

PNG = b"\x89PNG\r\n\x1a\n\0\0 \n"
LARGE = b'"' + b"x" * RECORD_BYTES + b'"'


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    folder = tmp_path_factory.mktemp("hostile")
    root = folder / "in"
    root.mkdir()
    (root / "good.tar.zst").write_bytes(zst(tar({"a/x.jsonl": lines(1, 2), "b.jsonl.zst": zst(lines(3))})))
    (root / "cut.tar").write_bytes(tar({"c.jsonl": lines(4), "d.jsonl": lines(5)})[:1500])
    (root / "links.tar").write_bytes(tar_of_specials({"link": b"2"}))
    (root / "nested.zip").write_bytes(
        zipped({"inner.zip": zipped({"e.jsonl": lines(6)}), "f.jsonl": lines(7)})
    )
    (root / "large.jsonl").write_bytes(lines(8) + LARGE + b"\n" + lines(9))
    (root / "picture.png").write_bytes(PNG)
    (root / "empty.jsonl").write_bytes(b"")
    (root / "gone-1.jsonl").symlink_to(root / "nowhere-1")
    (root / "gone-2.jsonl").symlink_to(root / "nowhere-2")
    os.mkfifo(root / "pipe.jsonl")
    for _ in range(2):  # again: nothing is added
        ingest(warehouse=folder / "warehouse", paths=[str(root)])
    return Warehouse(folder / "warehouse")


def test_good_records_land_whatever_they_are_packed_in(house: Warehouse) -> None:
    trials = house.sql("SELECT trial FROM trajectories ORDER BY trial").rows()
    assert [trial for (trial,) in trials] == [1, 2, 3, 4, 7, 8, 9]


def test_each_refusal_is_a_row_with_its_place_and_reason(house: Warehouse) -> None:
    rows = house.sql("SELECT source_uri, locator, reason FROM records WHERE reason IS NOT NULL").rows()
    refused = sorted((uri.partition("/in/")[2], locator, reason) for uri, locator, reason in rows)
    assert refused == [
        ("cut.tar", "file", "unreadable_container"),
        ("empty.jsonl", "file", "empty_file"),
        ("gone-1.jsonl", "file", "file_not_read"),
        ("gone-2.jsonl", "file", "file_not_read"),
        ("large.jsonl", "line 2", "record_too_large"),
        ("links.tar!/link", "file", "unsafe_archive"),
        ("nested.zip!/inner.zip", "file", "unsafe_archive"),
        ("picture.png", "file", "binary_content"),
    ]


def test_bytes_of_refused_records_come_back(house: Warehouse) -> None:
    rows = house.sql("SELECT reason, record_id FROM records WHERE raw_bytes_count > 0").rows()
    ids = {reason: record_id for reason, record_id in rows if reason is not None}
    assert house.raw_record(ids["binary_content"]) == PNG
    assert house.raw_record(ids["record_too_large"]) == LARGE
    assert (
        house.raw_record(ids["unreadable_container"])
        == tar({"c.jsonl": lines(4), "d.jsonl": lines(5)})[:1500]
    )


def test_nothing_contradicts(house: Warehouse) -> None:
    assert check(house).rows() == []
    counts = house.sql(
        "SELECT sum(record_count) - sum(kept_count) - sum(rejected_count) - sum(repeated_count) FROM sources"
    )
    assert counts.rows() == [(0,)]
