"""The warehouse's own secret: what keeps digests of found secrets from being guessed."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

from schemas.errors import WinnowError
from warehouse.atomic import UNFINISHED_SUFFIX
from warehouse.house import Warehouse

KEY_NAME = "privacy.key"
KEY_BYTES = 32


def privacy_key(warehouse: Warehouse) -> bytes:
    """Give the key under which found texts are hashed (`privacy_spans.text_digest`); made at random on first use.

    The file is its owner's alone to read. Who has it and a digest can try numbers or names until one fits.

    Raises:
        WinnowError: the file is no key.
    """
    path = warehouse.root / KEY_NAME
    if not path.exists():
        _create(path)
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise WinnowError(
            f"{str(path)!r} holds {len(key)} bytes. A key has {KEY_BYTES}.\n\n"
            "Hint: delete the file; the next `winnow scan` makes a new key and scans everything again"
        )
    return key


def _create(path: Path) -> None:
    """Put a new key there unless another process was faster: a link, unlike a rename, replaces nothing."""
    descriptor, name = mkstemp(dir=path.parent, prefix=f"{path.name}.", suffix=UNFINISHED_SUFFIX)
    with os.fdopen(descriptor, "wb") as handle:  # mkstemp makes files that only their owner can read
        handle.write(secrets.token_bytes(KEY_BYTES))
        handle.flush()
        os.fsync(handle.fileno())
    with suppress(FileExistsError):
        path.hardlink_to(name)
    Path(name).unlink()
