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

    Whoever has a Prefect of their own (`PREFECT_API_URL` or `PREFECT_HOME` is set) keeps it; else runs are recorded
    beside the warehouse, by a server that ends with this process.

    Args:
        warehouse: folder of the store.
        starts_server: start that server now; else Prefect does when the first flow runs.
    """
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    if "PREFECT_API_URL" in os.environ or "PREFECT_HOME" in os.environ:
        return
    home = (warehouse / "prefect").resolve()
    home.mkdir(parents=True, exist_ok=True)
    os.environ["PREFECT_HOME"] = str(home)
    if starts_server:
        os.environ["PREFECT_API_URL"] = f"http://{LOOPBACK}:{_start_server()}/api"
    _quieten()


def _start_server() -> int:
    """Start a server in a process of its own, which ends with this one.

    Returns:
        Its port, which listens by now.
    """
    with socket.create_server((LOOPBACK, 0), backlog=WAITING_CALLS) as listening:
        descriptor, port = listening.fileno(), int(listening.getsockname()[1])
        command = [sys.executable, "-m", "flows.prefect_server", str(descriptor)]
        environment = os.environ | SERVER_SETTINGS
        server = subprocess.Popen(command, env=environment, pass_fds=[descriptor])  # noqa: S603 - our own arguments
    atexit.register(_stop, server)
    return port


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
