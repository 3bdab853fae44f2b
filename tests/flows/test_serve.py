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
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flows.recipes import SHIPPED
from flows.serve import serve
from schemas.errors import RecipeError
from tests.flows.environment import without_server
from warehouse import Warehouse

pytestmark = pytest.mark.slow

WINNOW = str(Path(sys.executable).parent / "winnow")
PATIENCE_S = 240


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(url: str, body: object = None) -> Any:
    """Ask Prefect's API; a null body is a GET."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


def wait_for(what: Callable[[], Any], process: "subprocess.Popen[bytes]") -> Any:
    """Ask until there is an answer, the server dies, or patience ends."""
    deadline = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if found := what():
                return found
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(0.5)
    return None


def test_served_recipe_has_its_schedule_and_runs_the_whole_job(simulated: Path, tmp_path: Path) -> None:
    recipe = (SHIPPED / "demo.yaml").read_text(encoding="utf-8")
    recipe = recipe.replace('".demo/simulated/rollouts"', json.dumps(str(simulated / "rollouts")))
    (tmp_path / "demo.yaml").write_text(recipe, encoding="utf-8")
    port = free_port()
    api = f"http://127.0.0.1:{port}/api"
    options = ["--cron", "30 3 * * *", "--port", str(port), "--warehouse", str(tmp_path / "warehouse")]
    process = subprocess.Popen(
        [WINNOW, "serve", str(tmp_path / "demo.yaml"), *options],
        env=without_server() | {"PREFECT_HOME": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        (deployment,) = wait_for(lambda: ask(f"{api}/deployments/filter", {}), process)
        assert deployment["name"] == "demo"
        assert [found["schedule"]["cron"] for found in deployment["schedules"]] == ["30 3 * * *"]

        # A busy server answers 503 now and then, so this is asked until it is taken.
        run = wait_for(lambda: ask(f"{api}/deployments/{deployment['id']}/create_flow_run", {}), process)
        ended = wait_for(
            lambda: (
                (state := ask(f"{api}/flow_runs/{run['id']}")["state_type"])
                in {"COMPLETED", "FAILED", "CRASHED"}
                and state
            ),
            process,
        )
        assert ended == "COMPLETED"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    house = Warehouse(tmp_path / "warehouse")
    assert house.sql("SELECT count(*) FROM trajectories WHERE relation = 'attempt'").rows() == [(240,)]
    assert house.sql("SELECT flow FROM runs WHERE state = 'completed' AND flow = 'nightly'").rows() == [
        ("nightly",)
    ]
    assert (tmp_path / "warehouse" / "exports" / "demo" / "trl_sft" / "manifest.json").is_file()


def test_recipe_without_a_schedule_is_refused_with_a_hint(tmp_path: Path) -> None:
    recipe = tmp_path / "plain.yaml"
    recipe.write_text("name: plain", encoding="utf-8")
    with pytest.raises(RecipeError, match="has no schedule"):
        serve(tmp_path, recipe)


def test_taken_port_is_an_error_with_a_hint(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        options = ["--port", str(taken.getsockname()[1]), "--warehouse", str(tmp_path / "w")]
        answer = subprocess.run(
            [WINNOW, "serve", "demo", *options],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
            env=without_server(),
        )
    assert answer.returncode == 1
    assert "Choose another --port" in answer.stderr
