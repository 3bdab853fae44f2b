"""What lies at one path: a file, the files of a folder or of an object store, those that a glob matches."""

import os
from collections.abc import Iterable, Iterator
from glob import has_magic
from pathlib import Path
from typing import NamedTuple

from flows.sources import object_store
from flows.sources.globs import ANY_FOLDERS, fixed_prefix, is_hidden, matches_name
from flows.sources.places import printable

WAREHOUSE_MARKER = "winnow.json"
"""The file in every warehouse, whose own files are no rollouts."""


class Stamp(NamedTuple):
    """What a file system says of a file's state."""

    bytes_count: int
    modified_ns: int
    changed_ns: int
    device: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Stamp":
        """Take it from a file's status."""
        return cls(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_dev, status.st_ino)


class FilePart(NamedTuple):
    """One file on a disk or in a store."""

    location: str
    """Local path or URI, to open it; a path may hold bytes that are no text."""
    bytes_count: int
    stamp: Stamp | None = None
    """Its state when it was listed; null for an object in a store, and where it cannot be told."""

    @classmethod
    def of(cls, location: str, status: os.stat_result) -> "FilePart":
        """Take size and stamp from a file's status."""
        return cls(location, status.st_size, Stamp.of(status))

    @property
    def uri(self) -> str:
        """The location as text."""
        return printable(self.location)


class Search:
    """Looks for files, and remembers what it left out."""

    def __init__(self) -> None:
        """Nothing was left out yet."""
        self.warehouses: list[str] = []
        """Folders that are warehouses."""

    def files(self, location: str) -> list[FilePart]:
        """Give the files at a path or URI without a second spelling, sorted; none when nothing is there.

        Raises:
            SourceNotFoundError: an object store that is not known, or does not answer.
        """
        return sorted(self._expand(location))

    def _expand(self, location: str) -> Iterable[FilePart]:
        if object_store.is_uri(location):
            return self._objects(location)
        path = Path(location)
        if path.is_file():
            return [FilePart.of(location, path.stat())]
        if path.is_dir():
            return self._walk(location)
        if has_magic(location):
            prefix = fixed_prefix(location)
            return set(self._glob(prefix, location[len(prefix) :].strip("/").split("/")))
        return []

    def _objects(self, uri: str) -> Iterator[FilePart]:
        listed = [FilePart(one, bytes_count) for one, bytes_count in object_store.list_objects(uri)]
        marks = [one.location for one in listed if one.location.endswith(f"/{WAREHOUSE_MARKER}")]
        folders = tuple(mark.removesuffix(WAREHOUSE_MARKER) for mark in marks if mark != uri)
        self.warehouses += folders
        return (one for one in listed if not one.location.startswith(folders))

    def _walk(self, folder: str) -> Iterator[FilePart]:
        """Give all files beneath a folder; one that may not be listed is given itself, and refused when it is opened."""
        folders = [folder]
        while folders:
            inside = folders.pop()
            try:
                entries = self._entries(inside)
            except OSError:
                yield FilePart(inside, 0)
                continue
            for entry in entries:
                if is_hidden(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append(_join(inside, entry.name))
                else:
                    yield from _file(inside, entry)

    def _glob(self, folder: str, patterns: list[str]) -> Iterator[FilePart]:
        first, rest = patterns[0], patterns[1:]
        if first == ANY_FOLDERS and not rest:
            yield from self._walk(folder)
            return
        if first == ANY_FOLDERS:
            yield from self._glob(folder, rest)
        try:
            entries = self._entries(folder)
        except OSError:
            return
        for entry in entries:
            if first == ANY_FOLDERS:
                if entry.is_dir(follow_symlinks=False) and not is_hidden(entry.name):
                    yield from self._glob(_join(folder, entry.name), patterns)
            elif matches_name(entry.name, first):
                if not rest:
                    yield from _file(folder, entry)
                elif entry.is_dir():
                    yield from self._glob(_join(folder, entry.name), rest)

    def _entries(self, folder: str) -> list["os.DirEntry[str]"]:
        """List a folder; nothing is in a warehouse.

        Raises:
            OSError: it may not be listed.
        """
        entries = list(os.scandir(folder or "."))
        if any(entry.name == WAREHOUSE_MARKER for entry in entries):
            self.warehouses.append(folder)
            return []
        return entries


def _file(folder: str, entry: "os.DirEntry[str]") -> Iterator[FilePart]:
    """Give a file; a broken link too, which is refused when it is opened, but no pipe, socket or device."""
    location = _join(folder, entry.name)
    try:
        if entry.is_file() or (entry.is_symlink() and not entry.is_dir()):
            yield FilePart.of(location, entry.stat())
    except OSError:
        yield FilePart(location, 0)


def _join(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}" if folder else name
