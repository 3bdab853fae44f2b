"""What the environment says: where the warehouse is, and how Prefect runs. Nothing else reads the environment."""

import os
from pathlib import Path

WAREHOUSE_VARIABLE = "WINNOW_WAREHOUSE"
DEFAULT_WAREHOUSE = Path(".winnow")

INSERT_BYTES = 16 * 2**20
"""Raw bytes that one ingest commit holds at most (one larger record excepted): bounds memory."""
CHUNK_BYTES = 64 * 2**20
"""Bytes on disk of the files that one ingest task reads (one larger file excepted)."""
WORKERS = min(4, os.cpu_count() or 1)
"""Prefect tasks at a time; Polars, Arrow and Delta use threads of their own beneath."""
BATCH_MESSAGES = 1_000_000
"""Messages that one scoring task holds at most, unless a single bucket has more: bounds memory."""

PREFECT_DEFAULTS = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    # A new database is migrated on its first start, which a busy small machine may take longer than 20 s for.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
}


def warehouse_path(given: Path | None = None) -> Path:
    """Choose the warehouse: the option, else `WINNOW_WAREHOUSE`, else `.winnow` in the working folder."""
    if given is not None:
        return given
    return Path(os.environ.get(WAREHOUSE_VARIABLE) or DEFAULT_WAREHOUSE)


def prepare_prefect(warehouse: Path) -> None:
    """Give Prefect quiet, private defaults; call before `prefect` is imported.

    Whoever has a Prefect of their own (`PREFECT_API_URL` or `PREFECT_HOME` is set) keeps it; else runs are recorded
    beside the warehouse, by a server that lives inside the process, so that nothing has to be started.
    """
    for name, value in PREFECT_DEFAULTS.items():
        os.environ.setdefault(name, value)
    if "PREFECT_API_URL" not in os.environ and "PREFECT_HOME" not in os.environ:
        home = (warehouse / "prefect").resolve()
        home.mkdir(parents=True, exist_ok=True)
        os.environ["PREFECT_HOME"] = str(home)
