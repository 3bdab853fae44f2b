"""What there is to ingest: files, folders, globs and object stores, expanded to single files and bundles of files."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from flows.sources import object_store
from flows.sources.globs import fixed_prefix
from flows.sources.places import Places, printable, without_scheme
from flows.sources.walking import WAREHOUSE_MARKER, FilePart, Search
from schemas.errors import SourceNotFoundError
from schemas.rollouts import BundleName

BundleOf = Callable[[str], BundleName | None]
"""Names the bundle that a file belongs to; None for a file that is read alone."""
SUFFIXES = (".zst", ".gz", ".bz2", ".tar")


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """One file to ingest, or several that one format reads as one record."""

    location: str
    """Local path or URI as the user's own led to it, to open it; of a bundle the folder that its files share."""
    place: str
    """Where that is, however it is spelled, see `Places`."""
    name: str
    """The user's name for the source, else that of what the user pointed at: the folder, or the file's stem."""
    pointed_at: str
    """The folder that the user pointed at, or that of the file, to open what is in it."""
    parts: tuple[FilePart, ...]
    """The file; of a bundle all files, sorted."""
    claimed_by: str | None = None
    """The format that reads a bundle; null for a file of its own."""

    @property
    def uri(self) -> str:
        """The location as text: what tables and messages show."""
        return printable(self.location)

    @property
    def root(self) -> str:
        """What the user pointed at, as text."""
        return printable(self.pointed_at)

    @property
    def file_bytes_count(self) -> int:
        """Size of all parts in bytes, as they were listed."""
        return sum(part.bytes_count for part in self.parts)


class Listing(NamedTuple):
    """What some paths lead to."""

    files: list[SourceFile]
    warehouses: list[str]
    """Folders that were left out because they are warehouses."""


def find_files(
    paths: Sequence[str | Path], *, source_name: str | None = None, bundle_of: BundleOf = lambda _: None
) -> list[SourceFile]:
    """Give the files of `list_files`."""
    return list_files(paths, source_name=source_name, bundle_of=bundle_of).files


def list_files(
    paths: Sequence[str | Path], *, source_name: str | None = None, bundle_of: BundleOf = lambda _: None
) -> Listing:
    """Expand files, folders (searched to the bottom) and globs, sorted by path, each file once.

    Hidden files and folders (a leading dot) inside a folder are left out, and so are warehouses, and what is no file
    (a pipe, a socket); links to folders are followed where a glob names them, not where a folder is searched. All files
    of one folder or glob are one source, named by the folder: a task whose trials lie in several of its files is one
    task.

    Raises:
        SourceNotFoundError: one of the paths leads to no file.
    """
    places = Places()
    found: dict[tuple[str, str | None], SourceFile] = {}
    seen: set[str] = set()
    warehouses: dict[str, None] = {}
    for given in map(str, paths):
        location = _normal(without_scheme(given))
        search = Search()
        listed = search.files(location)
        if not listed:
            raise _nothing_at(given, search.warehouses)
        warehouses |= dict.fromkeys(search.warehouses)
        fresh: dict[str, FilePart] = {}
        for part in listed:
            if (place := places.of_file(part.location)) not in seen:
                fresh.setdefault(place, part)
        seen.update(fresh)
        is_file = len(listed) == 1 and listed[0].location == location
        for file in _bundled(
            fresh, _Pointed.at(location, is_file=is_file, name=source_name), bundle_of, places
        ):
            found.setdefault((file.place, file.claimed_by), file)
    return Listing(list(found.values()), list(map(printable, warehouses)))


class _Pointed(NamedTuple):
    """What the user pointed at."""

    name: str
    folder: str

    @classmethod
    def at(cls, location: str, *, is_file: bool, name: str | None) -> "_Pointed":
        if is_file:
            return cls(name or printable(_stem(location)), location.rpartition("/")[0])
        return cls(name or printable(_folder_name(location)), fixed_prefix(location))

    def file(self, place: str, part: FilePart) -> SourceFile:
        return SourceFile(
            location=part.location, place=place, name=self.name, pointed_at=self.folder, parts=(part,)
        )

    def bundle(self, place: str, name: BundleName, parts: Iterable[FilePart]) -> SourceFile:
        return SourceFile(
            location=name.key,
            place=place,
            name=self.name,
            pointed_at=self.folder,
            parts=tuple(parts),
            claimed_by=name.format_name,
        )


def _nothing_at(given: str, warehouses: Sequence[str]) -> SourceNotFoundError:
    if warehouses:
        return SourceNotFoundError(
            f"Nothing to ingest at {given!r}: {warehouses[0] or '.'!r} is a warehouse (it holds {WAREHOUSE_MARKER}), "
            "whose own files are never searched for rollouts.\n\n"
            "Hint: name a file in it to ingest that file, or keep rollouts and warehouse in folders of their own"
        )
    return SourceNotFoundError(
        f"Nothing to ingest at {given!r}: no file, no folder with files, and no glob that matches.\n\n"
        "Hint: name rollout files, a folder of them, or a quoted glob such as 'runs/**/*.jsonl'"
    )


def _bundled(
    parts: Mapping[str, FilePart], pointed: _Pointed, bundle_of: BundleOf, places: Places
) -> Iterator[SourceFile]:
    """Give files by their places, those of a bundle together."""
    bundles: dict[BundleName, dict[str, FilePart]] = {}
    for place, part in parts.items():
        if (bundle := bundle_of(part.location)) is not None:
            bundles.setdefault(bundle, {})[place] = part
        else:
            yield pointed.file(place, part)
    for bundle, members in bundles.items():
        if len(members) < bundle.least_count:
            yield from (pointed.file(place, part) for place, part in members.items())
        else:
            yield pointed.bundle(places.of_folder(bundle.key), bundle, members.values())


def _normal(location: str) -> str:
    """Spell a local path in one way, the working folder as nothing."""
    if object_store.is_uri(location):
        return location
    path = os.path.normpath(os.path.expanduser(location))  # noqa: PTH111 - a glob is no Path
    return "" if path == os.curdir else path


def _folder_name(location: str) -> str:
    prefix = fixed_prefix(location).rstrip("/")
    return prefix.rpartition("/")[2] if object_store.is_uri(location) else Path(prefix).resolve().name


def _stem(location: str) -> str:
    """`runs/gpt-4o-airline.json.zst` is `gpt-4o-airline`."""
    name = location.rpartition("/")[2]
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    return name.rsplit(".", 1)[0] if "." in name.lstrip(".") else name
