"""Google's storage, against an emulator on loopback; in a process of its own, for in a thread of ours opening hangs."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from flows.ingest import ingest
from flows.sources import find_files
from schemas.errors import SourceNotFoundError
from tests.flows.sources.packing import tar, zst
from tests.flows.sources.reads import line, lines, outcomes, read

SERVE = """
import sys
from gcp_storage_emulator.server import create_server
server = create_server("127.0.0.1", int(sys.argv[1]), in_memory=True, default_bucket="bucket")
server.start()
print("ready", flush=True)
sys.stdin.read()
server.stop()
"""
BIG = lines(*range(1000))
ROLLOUT = json.dumps({"task_id": "t", "messages": [{"role": "user", "content": "hi"}]}).encode()
OBJECTS = {
    "runs/a/log.jsonl": lines(1, 2),
    "runs/b/big.jsonl.zst": zst(BIG),
    "runs/b/packed.tar": tar({"c.jsonl": lines(7)}),
    "runs/.hidden/x.jsonl": lines(9),
    "rollouts/a.json": ROLLOUT,
    "rollouts/LICENSE": b"SPDX-License-Identifier: MIT\n",
}


def upload(port: int, key: str, content: bytes) -> None:
    path = f"/upload/storage/v1/b/bucket/o?uploadType=media&name={key}"
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    # Without a type the emulator answers with a null that Google's client dies of.
    connection.request("POST", path, content, {"Content-Type": "application/octet-stream"})
    assert connection.getresponse().status == 200
    connection.close()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    pytest.importorskip("gcp_storage_emulator", reason="gcp-storage-emulator is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free: int = probe.getsockname()[1]
    command = [sys.executable, "-c", SERVE, str(free)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        assert server.stdout.readline().strip() == b"ready"
        for key, content in OBJECTS.items():
            upload(free, key, content)
        yield free
        server.stdin.close()


@pytest.fixture
def bucket(port: int, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{port}")
    return "gs://bucket"


def test_objects_prefixes_and_globs_are_listed(bucket: str) -> None:
    assert [file.uri for file in find_files([f"{bucket}/runs"])] == [
        f"{bucket}/runs/{key}" for key in ("a/log.jsonl", "b/big.jsonl.zst", "b/packed.tar")
    ]
    assert [file.name for file in find_files([f"{bucket}/runs/**/*.tar"])] == ["runs"]
    assert [file.name for file in find_files([f"{bucket}/runs/a/log.jsonl"])] == ["log"]


def test_objects_are_read_as_files_are(bucket: str) -> None:
    assert [one.raw for one in read(f"{bucket}/runs/a/log.jsonl")] == [line(1), line(2)]
    assert [one.raw for one in read(f"{bucket}/runs/b/packed.tar")] == [line(7)]
    assert outcomes(f"{bucket}/runs/b/big.jsonl.zst") == ["kept"] * 1000


def test_nothing_there_is_an_error(bucket: str) -> None:
    with pytest.raises(SourceNotFoundError, match="Nothing"):
        find_files([f"{bucket}/absent"])


def test_a_prefix_is_ingested_with_its_licence(bucket: str, tmp_path: Path) -> None:
    counts = ingest(warehouse=tmp_path / "w", paths=[f"{bucket}/rollouts"])
    assert (counts.trajectory_count, counts.rejected_count) == (1, 0)
