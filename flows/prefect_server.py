"""How Prefect runs: with quiet, private defaults, and for a command with a server of its own.

Prefect starts such a server itself, but only when the first flow runs, and it loads all of the server's code into our
process to do so. Ours starts while the command loads, and its socket listens before it is up: who asks too early waits
in the queue of the socket.
"""

import atexit
import ctypes
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

DEFAULTS = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    # A new database is migrated on its first start, which a busy small machine may take longer than 20 or 60 s for.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
    "PREFECT_API_REQUEST_TIMEOUT": "180",
}
SERVER_SETTINGS = {"PREFECT_UI_ENABLED": "0", "PREFECT__SERVER_EPHEMERAL": "1", "PREFECT__SERVER_FINAL": "1"}
"""What Prefect gives to the server that it starts itself."""
SERVER_APP = "prefect.server.api.server:create_app"
LOOPBACK = "127.0.0.1"
WAITING_CALLS = 128
STOP_S = 5.0
PR_SET_PDEATHSIG = 1
"""Number of Linux's prctl.h."""


def prepare_prefect(warehouse: Path, *, starts_server: bool = False) -> None:
    """Give Prefect its defaults; call before anything of `prefect` is imported.

    Whoever has a Prefect of their own keeps it: its server (`PREFECT_API_URL`, or what the profile in `PREFECT_HOME`
    names), or its folder (`PREFECT_HOME`). Else runs are recorded beside the warehouse, by a server that ends with this
    process.

    Args:
        warehouse: folder of the store.
        starts_server: start that server now; else Prefect does when the first flow runs.

    Raises:
        OSError: the server could not write beside the warehouse.
    """
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    if "PREFECT_API_URL" in os.environ:
        return
    if "PREFECT_HOME" in os.environ:
        if starts_server and "prefect" not in sys.modules:
            _serve_home()
        return
    home = (warehouse / "prefect").resolve()
    home.mkdir(parents=True, exist_ok=True)
    os.environ["PREFECT_HOME"] = str(home)
    if starts_server:
        _check_writable(home)
        os.environ["PREFECT_API_URL"] = _start_server()
    _quieten()


def _serve_home() -> None:
    """Start the server of a folder that the user chose, unless its settings name one that runs elsewhere.

    Prefect would start it as our child in the terminal's group, where Ctrl-C ends it before the flow that waits for it.
    """
    from prefect.settings import get_current_settings

    settings = get_current_settings()
    if settings.api.url is None:
        os.environ["PREFECT_API_URL"] = settings.api.url = _start_server()
        _quieten()


def _check_writable(folder: Path) -> None:
    """Raise here what would otherwise only be a server that does not answer."""
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as exc:
        raise OSError(exc.errno, exc.strerror, str(folder)) from exc


def prefect_home() -> Path | None:
    """Give the folder where Prefect keeps its database; null when none was chosen yet."""
    home = os.environ.get("PREFECT_HOME")
    return None if home is None else Path(home)


def _start_server() -> str:
    """Start a server in a process of its own, which ends with this one, but not by the terminal's Ctrl-C.

    Returns:
        Its address, which listens by now.
    """
    with socket.create_server((LOOPBACK, 0), backlog=WAITING_CALLS) as listening:
        descriptor, port = listening.fileno(), int(listening.getsockname()[1])
        command = [sys.executable, "-m", "flows.prefect_server", str(descriptor)]
        environment = os.environ | SERVER_SETTINGS
        server = subprocess.Popen(  # noqa: S603 - our own arguments
            command, env=environment, pass_fds=[descriptor], start_new_session=True
        )
    atexit.register(_stop, server)
    return f"http://{LOOPBACK}:{port}/api"


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(timeout=STOP_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _quieten() -> None:
    """Send no heartbeats to a server that ends with this process, and do not say how many events are still to be sent.

    Each run would wait up to 1 s for the thread of heartbeats. No variable can say so (Prefect 3.8 takes only numbers).
    """
    from prefect.settings import get_current_settings

    get_current_settings().flows.heartbeat_frequency = None
    logging.getLogger("EventsWorker").setLevel(logging.ERROR)


def main() -> None:
    """Serve on the socket whose descriptor is given, until told to end or until whoever started this has ended."""
    _end_with_parent()
    import uvicorn

    uvicorn.run(SERVER_APP, factory=True, fd=int(sys.argv[1]), log_level="error", lifespan="on")


def _end_with_parent() -> None:
    """Let Linux end this process when its parent is killed; other systems leave it to be ended by hand."""
    try:
        ctypes.CDLL("libc.so.6").prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    except (OSError, AttributeError):
        return


if __name__ == "__main__":
    main()
