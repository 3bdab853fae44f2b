"""Commits: tried again when another writer was faster, on tables that stay open between them."""

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError

from schemas.errors import CommitConflictError
from schemas.tables import Table
from warehouse.delta import open_or_create_delta

Result = TypeVar("Result")

COMMIT_ATTEMPTS = 12
FIRST_BACKOFF_S = 0.02
LONGEST_BACKOFF_S = 2.0


class OpenTables(threading.local):
    """The tables that one thread has open: reading a long log anew for each commit would cost more than the commit."""

    def __init__(self) -> None:
        """Begin with none."""
        self._tables: dict[Path, DeltaTable] = {}

    def newest(self, table: Table, folder: Path) -> DeltaTable:
        """Open a table at its newest version, made when absent; one that was open before reads only what is new."""
        delta = self._tables.get(folder)
        if delta is None or not (folder / "_delta_log").is_dir():
            delta = self._tables[folder] = open_or_create_delta(folder, table)
        else:
            delta.update_incremental()
        return delta


def retry_commit(table: str, commit: Callable[[], Result]) -> Result:
    """Run `commit`, which opens the newest version each time, until no other writer is faster.

    Raises:
        CommitConflictError: other writers kept winning.
    """
    for attempt in range(COMMIT_ATTEMPTS):
        try:
            return commit()
        except CommitFailedError:
            time.sleep(random.uniform(0, min(LONGEST_BACKOFF_S, FIRST_BACKOFF_S * 2**attempt)))  # noqa: S311
    raise CommitConflictError(
        f"Other writers changed table {table!r} during each of {COMMIT_ATTEMPTS} attempts to commit.\n\n"
        "Hint: run the same command again with fewer workers"
    )
