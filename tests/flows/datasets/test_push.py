"""Pushed exports: whole, told from half pushed ones, and never over another dataset; to a folder and to a real S3 server."""

import json
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyarrow import fs

from flows.datasets.files import file_facts
from flows.datasets.places import open_place
from flows.datasets.push import push, push_folder
from flows.settings import s3_options
from schemas.errors import UnknownNameError, WinnowError
from tests.flows.datasets.pushed import make_export
from tests.flows.finished import file_hashes


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return make_export(tmp_path / "export", "a" * 32, b'{"x":1}\n')


def test_all_files_arrive_and_a_second_push_sends_nothing(export: Path, tmp_path: Path) -> None:
    target = (tmp_path / "there" / "x y").as_uri()
    (first,) = push(None, str(export), target)
    assert file_hashes(tmp_path / "there" / "x y") == file_hashes(export)
    (second,) = push(None, str(export), target)
    assert (first.is_new, second.is_new) == (True, False)
    assert first.file_count == 4
    assert first.bytes_count == sum(path.stat().st_size for path in export.iterdir())


def test_half_push_lacks_the_manifest_and_is_completed(export: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    shutil.copytree(export, there)
    (there / "manifest.json").unlink()
    (there / "train-00000.jsonl").write_bytes(b"half")
    assert push_folder(export, there.as_uri()).is_new
    assert file_hashes(there) == file_hashes(export)


def test_another_dataset_or_foreign_files_are_overwritten_by_force_alone(
    export: Path, tmp_path: Path
) -> None:
    there = make_export(tmp_path / "there", "b" * 32, b"other\n")
    stale = there / "test-00000.jsonl"
    stale.write_bytes(b"stale\n")
    manifest = json.loads((there / "manifest.json").read_bytes())
    manifest["files"].append(file_facts(stale))
    (there / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    before = file_hashes(there)
    with pytest.raises(WinnowError, match=f"holds another dataset: 'x' \\({'b' * 32}\\)"):
        push_folder(export, there.as_uri())
    assert file_hashes(there) == before
    push_folder(export, there.as_uri(), force=True)
    assert file_hashes(there) == file_hashes(export)

    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.tex").write_text("years of work", encoding="utf-8")
    with pytest.raises(WinnowError, match=r"no part of this export: thesis\.tex"):
        push_folder(export, foreign.as_uri())
    push_folder(export, foreign.as_uri(), force=True)
    assert (foreign / "thesis.tex").read_text(encoding="utf-8") == "years of work"


def test_altered_export_and_unknown_targets_are_refused(export: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="Known schemes: abfs, az, file, gs, hf, s3"):
        push_folder(export, "ftp://host/x")
    with pytest.raises(WinnowError, match="hf://datasets/OWNER/NAME"):
        push_folder(export, "hf://owner/name")
    with pytest.raises(WinnowError, match="is no folder"):
        push(None, str(tmp_path / "absent"), tmp_path.as_uri())
    (export / "README.md").write_bytes(b"# y\n")
    with pytest.raises(WinnowError, match="is not the file that its manifest tells of"):
        push_folder(export, (tmp_path / "there").as_uri())
    assert not (tmp_path / "there").exists()


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server_module = pytest.importorskip("moto.server", reason="moto[server] is not installed")
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server.start()
    host, port = server.get_host_and_port()
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    options: dict[str, Any] = s3_options()
    fs.S3FileSystem(**options, allow_bucket_creation=True).create_dir("pushed")
    yield "s3://pushed"
    server.stop()


@pytest.mark.slow
def test_object_store_gets_the_same_bytes(export: Path, bucket: str, tmp_path: Path) -> None:
    target = f"{bucket}/sets/x"
    assert push_folder(export, target).is_new
    place = open_place(target)
    assert place.names() == [
        "README.md",
        "manifest.json",
        "provenance.parquet",
        "train-00000.jsonl",
    ]
    assert all(place.read(path.name) == path.read_bytes() for path in export.iterdir())
    assert not push_folder(export, target).is_new
    place.remove(["train-00000.jsonl"])
    assert push_folder(export, target).is_new
    other = make_export(tmp_path / "other", "b" * 32, b"other\n")
    with pytest.raises(WinnowError, match="holds another dataset"):
        push_folder(other, target)
    push_folder(other, target, force=True)
    assert place.read("train-00000.jsonl") == b"other\n"
