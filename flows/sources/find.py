"""What there is to ingest: files, folders, globs and object stores, expanded to single files and bundles of files."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from glob import has_magic
from pathlib import Path
from typing import NamedTuple

from flows.sources import object_store
from flows.sources.globs import ANY_FOLDERS, fixed_prefix, is_hidden, matches_name
from schemas.errors import SourceNotFoundError
from schemas.rollouts import BundleName

BundleOf = Callable[[str], BundleName | None]
"""Names the bundle that a file belongs to; None for a file that is read alone."""
FILE_SCHEME = "file://"
SUFFIXES = (".zst", ".gz", ".tar")


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
    """Local path or URI."""
    bytes_count: int
    stamp: Stamp | None = None
    """Its state when it was listed; null for an object in a store, and where it cannot be told."""

    @classmethod
    def of(cls, location: str, status: os.stat_result) -> "FilePart":
        """Take size and stamp from a file's status."""
        return cls(location, status.st_size, Stamp.of(status))


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """One file to ingest, or several that one format reads as one record."""

    uri: str
    """Local path or URI as the user's own led to it; of a bundle the folder that its files share."""
    name: str
    """The user's name for the source, else that of what the user pointed at: the folder, or the file's stem."""
    root: str
    """The folder that the user pointed at, or that of the file."""
    parts: tuple[FilePart, ...]
    """The file; of a bundle all files, sorted."""
    claimed_by: str | None = None
    """The format that reads a bundle; null for a file of its own."""

    @property
    def file_bytes_count(self) -> int:
        """Size of all parts in bytes, as they were listed."""
        return sum(part.bytes_count for part in self.parts)


def find_files(
    paths: Sequence[str | Path], *, source_name: str | None = None, bundle_of: BundleOf = lambda _: None
) -> list[SourceFile]:
    """Expand files, folders (searched to the bottom) and globs, sorted by path, each file once.

    Hidden files and folders (a leading dot) inside a folder are left out, and so is what is no file (a pipe,
    a socket); links to folders are followed where a glob names them, not where a folder is searched. All files of one
    folder or glob are one source, named by the folder: a task whose trials lie in several of its files is one task.

    Raises:
        SourceNotFoundError: one of the paths leads to no file.
    """
    found: dict[str, SourceFile] = {}
    seen: set[str] = set()
    for given in map(str, paths):
        location = _normal(given.removeprefix(FILE_SCHEME))
        listed = sorted(_expand(location))
        if not listed:
            raise SourceNotFoundError(
                f"Nothing to ingest at {given!r}: no file, no folder with files, and no glob that matches.\n\n"
                "Hint: name rollout files, a folder of them, or a quoted glob such as 'runs/**/*.jsonl'"
            )
        is_file = len(listed) == 1 and listed[0].location == location
        fresh = [part for part in listed if part.location not in seen]
        seen.update(part.location for part in fresh)
        name = source_name or (_stem(location) if is_file else _folder_name(location))
        root = location.rpartition("/")[0] if is_file else fixed_prefix(location)
        for file in _bundled(fresh, name, root, bundle_of):
            found.setdefault(file.uri if file.claimed_by is None else f"{file.uri}\0{file.claimed_by}", file)
    return list(found.values())


def _bundled(parts: list[FilePart], name: str, root: str, bundle_of: BundleOf) -> Iterator[SourceFile]:
    bundles: dict[BundleName, list[FilePart]] = {}
    for part in parts:
        if (bundle := bundle_of(part.location)) is not None:
            bundles.setdefault(bundle, []).append(part)
        else:
            yield SourceFile(uri=part.location, name=name, root=root, parts=(part,))
    for bundle, members in bundles.items():
        if len(members) < bundle.least_count:
            yield from (SourceFile(uri=one.location, name=name, root=root, parts=(one,)) for one in members)
        else:
            yield SourceFile(
                uri=bundle.key, name=name, root=root, parts=tuple(members), claimed_by=bundle.format_name
            )


def _expand(location: str) -> Iterable[FilePart]:
    if object_store.is_uri(location):
        listed = object_store.list_objects(location)
        return [FilePart(uri, bytes_count) for uri, bytes_count in listed]
    path = Path(location)
    if path.is_file():
        return [FilePart.of(location, path.stat())]
    if path.is_dir():
        return _walk(location)
    if has_magic(location):
        prefix = fixed_prefix(location)
        patterns = location[len(prefix) :].strip("/").split("/")
        return set(_glob(prefix, patterns))
    return []


def _walk(folder: str) -> Iterator[FilePart]:
    """Give all files beneath a folder; one that may not be listed is given itself, and refused when it is opened."""
    folders = [folder]
    while folders:
        inside = folders.pop()
        try:
            entries = list(os.scandir(inside or "."))
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


def _glob(folder: str, patterns: list[str]) -> Iterator[FilePart]:
    first, rest = patterns[0], patterns[1:]
    if first == ANY_FOLDERS and not rest:
        yield from _walk(folder)
        return
    if first == ANY_FOLDERS:
        yield from _glob(folder, rest)
    try:
        entries = list(os.scandir(folder or "."))
    except OSError:
        return
    for entry in entries:
        if first == ANY_FOLDERS:
            if entry.is_dir(follow_symlinks=False) and not is_hidden(entry.name):
                yield from _glob(_join(folder, entry.name), patterns)
        elif matches_name(entry.name, first):
            if not rest:
                yield from _file(folder, entry)
            elif entry.is_dir():
                yield from _glob(_join(folder, entry.name), rest)


def _file(folder: str, entry: "os.DirEntry[str]") -> Iterator[FilePart]:
    """Give a file; a broken link too, which is refused when it is opened, but no pipe, socket or device."""
    location = _join(folder, entry.name)
    try:
        if entry.is_file() or (entry.is_symlink() and not entry.is_dir()):
            yield FilePart.of(location, entry.stat())
    except OSError:
        yield FilePart(location, 0)


def _normal(location: str) -> str:
    """Spell a local path in one way, the working folder as nothing."""
    if object_store.is_uri(location):
        return location
    path = os.path.normpath(os.path.expanduser(location))  # noqa: PTH111 - a glob is no Path
    return "" if path == os.curdir else path


def _join(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}" if folder else name


def _folder_name(location: str) -> str:
    prefix = fixed_prefix(location).rstrip("/")
    return prefix.rpartition("/")[2] if object_store.is_uri(location) else Path(prefix).resolve().name


def _stem(location: str) -> str:
    """`runs/gpt-4o-airline.json.zst` is `gpt-4o-airline`."""
    name = location.rpartition("/")[2]
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    return name.rsplit(".", 1)[0] if "." in name.lstrip(".") else name
