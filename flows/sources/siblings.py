"""Small files beside the one that is read, which decoders ask for: a run's `metadata.json`, a `../result.json`.

Never outside of what the user pointed at and two folders above it; of an archive never outside of the archive.
"""

import os
import posixpath
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from flows.sources import object_store
from flows.sources.archives import BROKEN, Member
from flows.sources.locations import open_location
from schemas.errors import RecordFault

Beside = Callable[[str], bytes | None]
LEVELS_ABOVE = 2
"""A run's metadata often lies above the folder of its logs, which is what people point at."""


def beside_file(location: str, root: str, most_bytes: int) -> Beside:
    """Read files beside a file on disk or in a store.

    Args:
        location: the file.
        root: the folder that the user pointed at, or that of the file.
        most_bytes: larger files are taken for absent.
    """
    if object_store.is_uri(location):
        return lambda path: _read_object(location, path, root, most_bytes)
    return lambda path: _read_file(location, path, root, most_bytes)


def _read_file(location: str, path: str, root: str, most_bytes: int) -> bytes | None:
    inside = Path(os.path.realpath(root or "."))
    bound = ([inside, *inside.parents][: LEVELS_ABOVE + 1])[-1]
    wanted = os.path.realpath(posixpath.join(posixpath.dirname(location), path))
    return _read_small(wanted, most_bytes) if Path(wanted).is_relative_to(bound) else None


def _read_object(location: str, path: str, root: str, most_bytes: int) -> bytes | None:
    scheme, _, key = location.partition("://")
    bucket, *folders = root.partition("://")[2].strip("/").split("/")
    bound = "/".join([bucket, *folders[: max(0, len(folders) - LEVELS_ABOVE)]])
    wanted = posixpath.normpath(posixpath.join(posixpath.dirname(key), path))
    return _read_small(f"{scheme}://{wanted}", most_bytes) if wanted.startswith(f"{bound}/") else None


def _read_small(location: str, most_bytes: int) -> bytes | None:
    try:
        with open_location(location) as stored:
            return None if stored.bytes_count > most_bytes else stored.read()
    except OSError:
        return None


class ArchiveSiblings:
    """Small members of one archive by name: read in one pass when first asked for, as far as memory allows."""

    def __init__(self, members: Callable[[], Iterator[Member]], *, most_bytes: int, held_bytes: int) -> None:
        """Read from `members`, which goes through the archive; hold no more than `held_bytes` of it."""
        self._members = members
        self._most_bytes = most_bytes
        self._room = held_bytes
        self._held: dict[str, bytes] | None = None
        self._passed: set[str] = set()

    def beside(self, name: str) -> Beside:
        """Read members beside a member."""
        folder = posixpath.dirname(name)
        return lambda path: self._read(posixpath.normpath(posixpath.join(folder, path)))

    def _read(self, name: str) -> bytes | None:
        if self._held is None:
            self._held = {}
            with suppress(*BROKEN, RecordFault):  # up to where the archive breaks; whoever reads it says so
                self._hold_all(self._held)
        if name not in self._passed:
            return self._held.get(name)
        with suppress(*BROKEN, RecordFault):
            found = (member for member in self._small() if posixpath.normpath(member.name) == name)
            return next((_content(member) for member in found), None)
        return None

    def _hold_all(self, held: dict[str, bytes]) -> None:
        for member in self._small():
            name = posixpath.normpath(member.name)
            if member.bytes_count > self._room:
                self._passed.add(name)
            elif name not in held:
                held[name] = _content(member)
                self._room -= member.bytes_count

    def _small(self) -> Iterator[Member]:
        for member in self._members():
            if member.fault is None and member.bytes_count <= self._most_bytes:
                yield member


def _content(member: Member) -> bytes:
    with member.open() as stream:
        return stream.read()
