"""Small files that are there whole or not at all."""

import os
from pathlib import Path

UNFINISHED_SUFFIX = ".unfinished"
"""Ends the name of a file that a killed writer may leave; `upkeep.sweep` removes it."""


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old one or the new one, also after a kill or a power cut."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}{UNFINISHED_SUFFIX}")
    with unfinished.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    unfinished.replace(path)
