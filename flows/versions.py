"""Which code computed something: the version of Winnow and a hash of the code that decides what comes out."""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

import curation
import schemas

DISTRIBUTION = "winnow-trajectories"


@cache
def code_version() -> str:
    """Name the computing code: the release, and the first 12 hex characters of a hash over `schemas` and `curation`.

    A change of any of their modules is a new version, also between releases; flows, pages and storage do not decide
    what is computed, so they do not count.
    """
    digest = hashlib.sha256()
    for package in (schemas, curation):
        root = Path(package.__path__[0])
        for module in sorted(root.rglob("*.py")):
            digest.update(f"{package.__name__}/{module.relative_to(root).as_posix()}\0".encode())
            digest.update(module.read_bytes())
    return f"{version(DISTRIBUTION)}+{digest.hexdigest()[:12]}"
