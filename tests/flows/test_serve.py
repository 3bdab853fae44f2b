"""What stays up: a recipe on its schedule through a real Prefect server, and the dashboard."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from flows.serve import serve
from schemas.errors import RecipeError

pytestmark = pytest.mark.slow

WINNOW = str(Path(sys.executable).parent / "winnow")
PATIENCE_S = 120


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def schedules(api: str) -> dict[str, str]:
    """Ask Prefect which deployments run when."""
    request = urllib.request.Request(  # noqa: S310 - our own server on loopback
        f"{api}/deployments/filter", data=b"{}", headers={"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return {
            found["name"]: found["schedules"][0]["schedule"]["cron"] for found in json.loads(answer.read())
        }


def test_serve_registers_the_recipe_with_its_cron(tmp_path: Path) -> None:
    port = free_port()
    process = subprocess.Popen(
        [
            WINNOW,
            "serve",
            "demo",
            "--cron",
            "30 3 * * *",
            "--port",
            str(port),
            "--warehouse",
            str(tmp_path / "w"),
        ],
        env=os.environ | {"PREFECT_HOME": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + PATIENCE_S
        found: dict[str, str] = {}
        while not found and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.5)
            try:
                found = schedules(f"http://127.0.0.1:{port}/api")
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                continue
        assert found == {"demo": "30 3 * * *"}
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_recipe_without_a_schedule_is_refused_with_a_hint(tmp_path: Path) -> None:
    recipe = tmp_path / "plain.yaml"
    recipe.write_text("name: plain", encoding="utf-8")
    with pytest.raises(RecipeError, match="has no schedule"):
        serve(tmp_path, recipe)
