"""The server that a command starts for itself, as other processes see it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from prefect.settings import get_current_settings, temporary_settings

from flows.prefect_server import prepare_prefect

KEPT_S = 60
PATIENCE_S = 120.0
COMMAND = """
import os, sys
from pathlib import Path
from flows.prefect_server import prepare_prefect

prepare_prefect(Path(sys.argv[1]), starts_server=True)
print(os.environ["PREFECT_API_URL"], flush=True)
from prefect import flow

@flow
def greet():
    return "done"

print(greet(), flush=True)
sys.stdin.read()
"""


@contextmanager
def started(home: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a flow in a process that has no Prefect yet; gives the process, which waits, and its server's address."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, str(home)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert process.stdout.readline().strip() == "done"
        yield process, address


def flow_run_count(address: str) -> int:
    place = urlsplit(address)
    with closing(HTTPConnection(str(place.hostname), place.port, timeout=PATIENCE_S)) as connection:
        kind = {"content-type": "application/json"}
        connection.request("POST", f"{place.path}/flow_runs/count", body="{}", headers=kind)
        return int(connection.getresponse().read())


def wait_until_gone(address: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            flow_run_count(address)
        except (ConnectionError, HTTPException):
            return
        time.sleep(0.1)
    pytest.fail(f"the server at {address} is still there")


@pytest.mark.slow
def test_flows_are_recorded_beside_the_warehouse_by_a_server_that_ends_with_the_command(
    tmp_path: Path,
) -> None:
    with started(tmp_path) as (process, address):
        assert flow_run_count(address) == 1
        assert (tmp_path / "prefect" / "prefect.db").is_file()
        process.communicate("")
        assert process.returncode == 0
    wait_until_gone(address)


@pytest.mark.slow
@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux ends the children of a process that was killed"
)
def test_a_killed_command_leaves_no_server_behind(tmp_path: Path) -> None:
    with started(tmp_path) as (process, address):
        process.send_signal(signal.SIGKILL)
        wait_until_gone(address)


def test_whoever_has_a_server_of_their_own_keeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    with temporary_settings({"flows.heartbeat_frequency": KEPT_S}):
        prepare_prefect(tmp_path, starts_server=True)
        assert get_current_settings().flows.heartbeat_frequency == KEPT_S
    assert os.environ["PREFECT_API_URL"] == "http://127.0.0.1:9/api"
    assert not (tmp_path / "prefect").exists()


def test_a_server_that_ends_with_the_process_gets_no_heartbeats_which_cost_each_run_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PREFECT_HOME")
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with temporary_settings({"flows.heartbeat_frequency": KEPT_S}):
        prepare_prefect(tmp_path)
        assert get_current_settings().flows.heartbeat_frequency is None
