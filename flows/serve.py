"""What stays up until it is stopped: a recipe on its schedule, and the dashboard."""

import os
import subprocess
import sys
import time
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from flows.recipes import load_recipe
from flows.settings import WAREHOUSE_VARIABLE
from schemas.errors import RecipeError, WinnowError

SERVER_START_S = 180.0
"""A new database is migrated first, which a busy small machine takes long for."""


def serve(warehouse: Path, recipe: Path, *, cron: str | None = None, port: int = 4200) -> None:
    """Register the recipe's schedule with Prefect and run it until interrupted.

    Args:
        warehouse: folder of the store.
        recipe: the recipe file; read anew at each run, so that an edit needs no restart.
        cron: five fields; overrides the recipe's `schedule.cron`.
        port: where Prefect's API and UI listen when `PREFECT_API_URL` names no running server.

    Raises:
        RecipeError: neither the recipe nor `cron` says when.
    """
    loaded = load_recipe(recipe)
    when = cron or (loaded.schedule.cron if loaded.schedule else None)
    if when is None:
        raise RecipeError(
            f"Recipe {loaded.name!r} has no schedule.\n\nHint: add `schedule: {{cron: '0 2 * * *'}}`, or pass --cron"
        )
    from prefect.schedules import Cron

    from flows.nightly import nightly

    server = None if "PREFECT_API_URL" in os.environ else _start_prefect(port)
    try:
        nightly.serve(
            name=loaded.name,
            schedule=Cron(when, timezone=loaded.schedule.timezone if loaded.schedule else "UTC"),
            parameters={
                "warehouse": str(warehouse.resolve()),
                "recipe": str(recipe.resolve()),
                "paths": list(loaded.schedule.sources) if loaded.schedule else [],
            },
        )
    finally:
        if server is not None:
            server.terminate()
            server.wait()


def open_dashboard(warehouse: Path, *, port: int, headless: bool) -> int:
    """Run the dashboard until it is stopped.

    Returns:
        Streamlit's exit code.
    """
    page = Path(__file__).resolve().parent.parent / "dashboards" / "app.py"
    options = {
        "server.port": port,
        "server.address": "localhost",
        "server.headless": headless,
        "browser.gatherUsageStats": False,
    }
    flags = [f"--{name}={str(value).lower()}" for name, value in options.items()]
    environment = os.environ | {WAREHOUSE_VARIABLE: str(warehouse)}
    command = [sys.executable, "-m", "streamlit", "run", str(page), *flags]
    return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603 - our own arguments


def _start_prefect(port: int) -> subprocess.Popen[bytes]:
    """Start Prefect's API and UI beside us, since schedules need one that outlives a single run.

    Raises:
        WinnowError: it ended, or did not answer in time.
    """
    os.environ["PREFECT_API_URL"] = f"http://127.0.0.1:{port}/api"
    os.environ["PREFECT_UI_API_URL"] = os.environ["PREFECT_API_URL"]
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - our own arguments
    deadline = time.monotonic() + SERVER_START_S
    while server.poll() is None and time.monotonic() < deadline:
        if _answers(port):
            return server
        time.sleep(0.5)
    server.terminate()
    raise WinnowError(
        f"Prefect's server did not start on port {port}.\n\n"
        "Hint: is the port taken? Choose another --port, or name a running server in PREFECT_API_URL"
    )


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/api/health")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
