"""Pushes to a hub, by `huggingface_hub`'s own client, to a server on loopback that holds what it was sent."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.datasets import hub
from flows.datasets.hub import HubRepository
from flows.datasets.push import push_folder
from schemas.errors import WinnowError
from tests.flows.datasets.hub_server import TOKEN, HubServer, Repository
from tests.flows.datasets.pushed import make_export
from tests.flows.finished import Finished

huggingface_hub: Any = pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")
CLIENT = huggingface_hub.HfApi
# The client hands raw bytes to its HTTP library in a way that is going out of use there.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
NAME = "owner/x"
TARGET = f"hf://datasets/{NAME}"


@pytest.fixture
def server() -> Iterator[HubServer]:
    with HubServer() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def logged_in(server: HubServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> HubServer:
    """Let the client find the server, as it does by HF_ENDPOINT and HF_TOKEN, which it reads when it is imported."""
    log_in(server, monkeypatch, tmp_path, token=TOKEN)
    return server


def log_in(server: HubServer, patch: pytest.MonkeyPatch, cache: Path, *, token: str | bool) -> None:
    # Xet, the hub's other way to store large files, needs servers of its own.
    patch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    patch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    patch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(cache / "hub"))
    api = CLIENT(endpoint=server.url, token=token)
    patch.setattr(huggingface_hub, "HfApi", lambda: api)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return make_export(tmp_path / "export", "a" * 32, b'{"x":1}\n')


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def held(server: HubServer) -> dict[str, bytes]:
    files = server.repositories[NAME].files
    return {name: content for name, content in files.items() if name != ".gitattributes"}


def test_a_new_repository_is_private_and_holds_the_same_bytes_after_one_commit(
    export: Path, logged_in: HubServer
) -> None:
    assert push_folder(export, TARGET).is_new
    repository = logged_in.repositories[NAME]
    assert repository.is_private
    assert held(logged_in) == contents(export)
    assert len(logged_in.large) == 1
    assert [sorted(touched) for touched in repository.commits] == [sorted(contents(export))]


def test_a_second_push_commits_nothing(export: Path, logged_in: HubServer) -> None:
    push_folder(export, TARGET)
    assert not push_folder(export, TARGET).is_new
    assert len(logged_in.repositories[NAME].commits) == 1


def test_an_existing_repository_is_filled_and_stays_public(export: Path, logged_in: HubServer) -> None:
    logged_in.repositories[NAME] = Repository(is_private=False)
    push_folder(export, TARGET)
    assert held(logged_in) == contents(export)
    assert not logged_in.repositories[NAME].is_private


def test_another_dataset_is_replaced_by_force_alone_in_one_commit_that_drops_its_files(
    export: Path, logged_in: HubServer, tmp_path: Path
) -> None:
    push_folder(make_export(tmp_path / "other", "b" * 32, b"other\n", extra="test-00000.jsonl"), TARGET)
    before = held(logged_in)
    with pytest.raises(WinnowError, match="holds another dataset"):
        push_folder(export, TARGET)
    assert held(logged_in) == before
    push_folder(export, TARGET, force=True)
    assert held(logged_in) == contents(export)
    assert len(logged_in.repositories[NAME].commits) == 2


def test_foreign_files_stay_unless_forced(export: Path, logged_in: HubServer) -> None:
    logged_in.repositories[NAME] = Repository(is_private=True)
    logged_in.repositories[NAME].files["thesis.tex"] = b"years of work"
    with pytest.raises(WinnowError, match=r"no part of this export: thesis\.tex"):
        push_folder(export, TARGET)
    push_folder(export, TARGET, force=True)
    assert held(logged_in) == contents(export) | {"thesis.tex": b"years of work"}


def test_other_bytes_that_arrive_are_noticed(export: Path, logged_in: HubServer) -> None:
    logged_in.breaks_large = True
    with pytest.raises(WinnowError, match=r"Other bytes arrived at .*: provenance\.parquet"):
        push_folder(export, TARGET)


def test_what_a_hub_refuses_is_said_with_a_hint(
    export: Path, logged_in: HubServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(WinnowError, match=r"(?s)'stranger/x' at http://127.*\(403\).*HF_TOKEN"):
        push_folder(export, "hf://datasets/stranger/x")
    with pytest.raises(WinnowError, match="can be no repository"):
        push_folder(export, "hf://datasets/owner/a--b")
    logged_in.repositories[NAME] = Repository(is_private=True)
    log_in(logged_in, monkeypatch, tmp_path, token=False)
    with pytest.raises(WinnowError, match=r"(?s)\(401\).*hf auth login"):
        push_folder(export, TARGET)
    logged_in.repositories[NAME] = Repository(is_private=False)
    with pytest.raises(WinnowError, match=r"(?s)\(401\).*hf auth login"):
        push_folder(export, TARGET)
    assert held(logged_in) == {}


def test_a_hub_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    api = CLIENT(endpoint="http://127.0.0.1:9")
    with pytest.raises(
        WinnowError, match=r"(?s)could not be reached for 'owner/x' at http://127\.0\.0\.1:9.*HF_ENDPOINT"
    ):
        HubRepository(api, NAME).names()
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(WinnowError, match="pip install huggingface_hub"):
        hub.open_hub(NAME)


@pytest.mark.slow
def test_the_command_takes_endpoint_and_token_from_the_environment(
    demo_run: Finished, server: HubServer, tmp_path: Path
) -> None:
    folder = demo_run.out / "trl_sft"
    told = {"HF_ENDPOINT": server.url, "HF_TOKEN": TOKEN, "HF_HOME": str(tmp_path), "HF_HUB_DISABLE_XET": "1"}
    told["HF_HUB_OFFLINE"] = "0"  # the tests themselves are offline
    command = [sys.executable, "-m", "flows", "dataset", "push", str(folder), TARGET]
    done = subprocess.run(command, env=os.environ | told, check=False, capture_output=True, text=True)
    assert (done.returncode, "pushed to" in done.stdout) == (0, True), done.stderr
    assert held(server) == contents(folder)
    again = subprocess.run(command, env=os.environ | told, check=True, capture_output=True, text=True)
    assert "already at" in again.stdout
    assert len(server.repositories[NAME].commits) == 1
