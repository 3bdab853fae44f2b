"""What a file is called where it becomes data, and where it is: its place.

Names on a disk are bytes, and not all of them are text. Python hides such bytes as lone surrogates, which no table and
no JSON can hold.
"""

import os
import re
from functools import cache
from pathlib import Path, PurePosixPath
from urllib.parse import unquote_to_bytes

import polars as pl

from flows.sources import object_store

FILE_SCHEME = "file://"
HIDDEN_BYTE = re.compile("[\ud800-\udfff]")
"""How Python spells a byte of a name that is not UTF-8."""
STORED_PLACE = pl.coalesce("place", "source_uri")
"""The place of a row of `sources`. An older Winnow kept only what the user spelled: an absolute path or a URI is the
place, a relative path could be in any folder and so equals no place."""


def printable(name: str) -> str:
    r"""Spell a file's name as text: bytes that are not UTF-8 as in a URL, all else as it is.

    Examples:
        >>> printable("caf\udce9.jsonl"), printable("café 100%.jsonl")
        ('caf%E9.jsonl', 'café 100%.jsonl')
    """
    if name.isascii():
        return name
    return HIDDEN_BYTE.sub(lambda found: f"%{ord(found[0]) & 0xFF:02X}", name)


def as_text(path: str) -> str:
    """Spell a path so that it can be sent on: one that is not UTF-8 as an absolute `file://` URI, others as they are."""
    return path if printable(path) == path else Path(path).absolute().as_uri()


def without_scheme(path: str) -> str:
    """Give the path of a `file://` URI; any other path or URI as it is.

    Examples:
        >>> without_scheme("file:///data/my%20runs"), without_scheme("data/100%25")
        ('/data/my runs', 'data/100%25')
    """
    if not path.startswith(FILE_SCHEME):
        return path
    return os.fsdecode(unquote_to_bytes(path.removeprefix(FILE_SCHEME)))


class Places:
    """Tells where files are, as long as the working folder stays the same.

    A place is a URI as it is, or an absolute path whose folder is resolved through links: however a path is spelled,
    and wherever from, the place is the same, and files of two folders never share one. A link to a file keeps its own
    name: it is the place where other bytes turn up, be it that the link was set anew (DVC, git-annex).
    """

    def __init__(self) -> None:
        """Look at each folder once."""
        self._real = cache(os.path.realpath)

    def of_file(self, location: str) -> str:
        """Give the place of a file.

        Returns:
            Absolute path, or URI. A path that is not UTF-8 is a `file://` URI, so that two never share a spelling.
        """
        if object_store.is_uri(location):
            return location
        folder, _, name = location.rpartition("/")
        inside = self._real(folder or ("/" if location.startswith("/") else "."))
        return _spelled(f"{inside.rstrip('/')}/{name}")

    def of_folder(self, location: str) -> str:
        """Give the place of a folder, likewise; it is resolved itself."""
        return location if object_store.is_uri(location) else _spelled(self._real(location or "."))


def _spelled(path: str) -> str:
    return path if printable(path) == path else PurePosixPath(path).as_uri()
