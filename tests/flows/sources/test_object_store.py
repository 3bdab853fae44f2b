"""Object stores, against a real S3 server on loopback; Google's and Azure's differ in Arrow's connection only."""

import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyarrow import fs

from flows.settings import s3_options
from flows.sources import Reading, find_files, list_files, open_source
from flows.sources.object_store import list_objects
from schemas.errors import SourceNotFoundError
from schemas.rollouts import RefusedRecord
from tests.flows.sources.packing import tar, zipped, zst
from tests.flows.sources.reads import SMALL, line, lines, outcomes, read, read_cuts, source_ids

BIG = lines(*range(1000))
OBJECTS = {
    "runs/a/log.jsonl": lines(1, 2),
    "runs/a/meta.json": b'{"messages": []}',
    "runs/b/big.jsonl.zst": zst(BIG),
    "runs/b/packed.tar.zst": zst(tar({"c.jsonl": lines(7)})),
    "runs/b/packed.zip": zipped({"d.jsonl": lines(8)}),
    "runs/.hidden/x.jsonl": lines(9),
    "other/top.json": b"top",
}


def connected(**options: Any) -> fs.S3FileSystem:
    found: dict[str, Any] = s3_options()
    return fs.S3FileSystem(**found, **options)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server_module = pytest.importorskip("moto.server", reason="moto[server] is not installed")
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    store = connected(allow_bucket_creation=True)
    store.create_dir("bucket")
    for key, content in OBJECTS.items():
        with store.open_output_stream(f"bucket/{key}", compression=None) as stream:
            stream.write(content)
    return "s3://bucket"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("runs/a/log.jsonl", ["runs/a/log.jsonl"]),
        ("runs/a", ["runs/a/log.jsonl", "runs/a/meta.json"]),
        ("runs/a/", ["runs/a/log.jsonl", "runs/a/meta.json"]),
        ("runs/*/*.jsonl*", ["runs/a/log.jsonl", "runs/b/big.jsonl.zst"]),
        ("runs/**/p*", ["runs/b/packed.tar.zst", "runs/b/packed.zip"]),
        ("**/*.json", ["other/top.json", "runs/a/meta.json"]),
    ],
)
def test_objects_prefixes_and_globs_are_listed(bucket: str, pattern: str, expected: list[str]) -> None:
    assert [file.uri for file in find_files([f"{bucket}/{pattern}"])] == [
        f"{bucket}/{key}" for key in expected
    ]


def test_hidden_objects_are_left_out_as_hidden_files_are(bucket: str) -> None:
    keys = [file.uri.removeprefix(f"{bucket}/") for file in find_files([bucket])]
    assert keys == sorted(key for key in OBJECTS if "/." not in key)


@pytest.mark.usefixtures("bucket")
def test_a_copy_of_a_warehouse_is_left_out() -> None:
    store = connected(allow_bucket_creation=True)
    store.create_dir("copies")
    for key in ("a.jsonl", "house/winnow.json", "house/tables/b.jsonl", "household.jsonl"):
        with store.open_output_stream(f"copies/{key}", compression=None) as stream:
            stream.write(line())
    found = list_files(["s3://copies"])
    assert [file.uri for file in found.files] == ["s3://copies/a.jsonl", "s3://copies/household.jsonl"]
    assert found.warehouses == ["s3://copies/house/"]


def test_source_is_named_by_prefix_or_object(bucket: str) -> None:
    assert {file.name for file in find_files([f"{bucket}/runs"])} == {"runs"}
    assert {file.name for file in find_files([f"{bucket}/runs/a/*"])} == {"a"}
    assert [file.name for file in find_files([f"{bucket}/runs/b/packed.tar.zst"])] == ["packed"]


def test_objects_are_read_as_files_are(bucket: str) -> None:
    assert [one.raw for one in read(f"{bucket}/runs/a/log.jsonl")] == [line(1), line(2)]
    assert [one.raw for one in read(f"{bucket}/runs/b/*.tar.zst", f"{bucket}/runs/b/*.zip")] == [
        line(7),
        line(8),
    ]
    assert outcomes(f"{bucket}/runs/b/big.jsonl.zst") == ["kept"] * 1000


def test_large_objects_are_streamed(bucket: str) -> None:
    store = connected()
    with store.open_output_stream("bucket/large/big.jsonl", compression=None) as stream:
        stream.write(BIG)
    assert source_ids(f"{bucket}/large") == [hashlib.sha256(BIG).hexdigest()]
    assert outcomes(f"{bucket}/large") == ["kept"] * 1000
    store.delete_dir_contents("bucket/large")


def test_objects_beside_are_read_within_the_bucket(bucket: str) -> None:
    (cut, *_) = read_cuts([f"{bucket}/runs/a/log.jsonl"])
    assert cut.source.beside("meta.json") == b'{"messages": []}'
    assert cut.source.beside("../../other/top.json") == b"top"
    assert cut.source.beside("absent.json") is None
    assert cut.source.beside("../../../other-bucket/x") is None


def test_an_object_that_vanished_is_refused(bucket: str) -> None:
    store = connected()
    with store.open_output_stream("bucket/gone/x.jsonl", compression=None) as stream:
        stream.write(lines(1))
    (file,) = find_files([f"{bucket}/gone"])
    store.delete_file("bucket/gone/x.jsonl")
    with open_source(file, Reading(limits=SMALL)) as opened:
        (cut,) = opened.cuts
    assert isinstance(cut.record, RefusedRecord)
    assert "No object" in cut.record.rejection.detail


def test_nothing_there_is_an_error(bucket: str, tmp_path: Path) -> None:
    for uri in (f"{bucket}/absent", f"{bucket}/runs/*.absent", "s3://no-such-bucket/x"):
        with pytest.raises(SourceNotFoundError, match="Nothing"):
            find_files([uri])
    with pytest.raises(SourceNotFoundError, match="Known schemes: abfs, az, gs, s3, file"):
        list(list_objects("ftp://host/x"))
