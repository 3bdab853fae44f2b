"""Where licences are found: in the folders from a file up to the one that the user pointed at, and inside archives."""

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass

from flows.licences.documents import DOCUMENTS, Said, read_document
from flows.settings import BESIDE_BYTES
from flows.sources import Cut, SourceFile, object_store
from flows.sources.locations import open_location
from flows.sources.places import printable
from schemas.rollouts import RawRecord

INSIDE = "!/"
"""Between an archive and its member, in the URI of a record's source."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a source says of its own licence, and where."""

    said: Said
    place: str
    """The file's path from the folder that the user pointed at, or in the archive."""


class FolderLicences:
    """Looks for licences beside files; each folder is looked through once."""

    def __init__(self, files: Iterable[SourceFile]) -> None:
        """Know the files that were listed: in an object store no others are asked for."""
        self._listed = {part.location for file in files for part in file.parts}
        self._known: dict[str, Found | None] = {}

    def beside(self, file: SourceFile) -> Found | None:
        """Give what the nearest folder says that says anything; null when none does."""
        folder = file.location if file.claimed_by is not None else posixpath.dirname(file.location)
        root = file.pointed_at.rstrip("/")
        while True:
            found = self._in_folder(folder, root)
            above = posixpath.dirname(folder)
            if found is not None or folder in {root, above} or not above.startswith(root):
                return found
            folder = above

    def _in_folder(self, folder: str, root: str) -> Found | None:
        if folder not in self._known:
            self._known[folder] = self._look_into(folder, root)
        return self._known[folder]

    def _look_into(self, folder: str, root: str) -> Found | None:
        for name in DOCUMENTS:
            location = posixpath.join(folder, name)
            content = self._content(location)
            said = None if content is None else read_document(name, content)
            if said is not None:
                return Found(said=said, place=printable(location.removeprefix(root).lstrip("/")))
        return None

    def _content(self, location: str) -> bytes | None:
        if object_store.is_uri(location) and location not in self._listed:
            return None
        try:
            with open_location(location) as stored:
                return None if stored.bytes_count > BESIDE_BYTES else stored.read()
        except OSError:
            return None


class ArchiveLicences:
    """Gathers what an archive's members say, while they are read.

    Only what lies in a folder that holds all members speaks for the archive.
    """

    def __init__(self) -> None:
        """Nothing was read yet."""
        self._folder: str | None = None
        self._found: dict[str, Said] = {}

    def see(self, cut: Cut) -> None:
        """Take one record of the source."""
        archive, inside, member = cut.source.uri.partition(INSIDE)
        if not inside or not archive:
            return
        folder = posixpath.dirname(member)
        if self._folder is None:
            self._folder = folder
        elif self._folder and not f"{folder}/".startswith(f"{self._folder}/"):
            self._folder = posixpath.commonpath([self._folder, folder]) if folder else ""
        name = posixpath.basename(member)
        if name in DOCUMENTS and isinstance(cut.record, RawRecord):
            said = read_document(name, cut.record.raw)
            if said is not None:
                self._found[member] = said

    def found(self) -> Found | None:
        """Give what counts of it: the innermost folder's, and there the first of `DOCUMENTS`."""
        order = list(DOCUMENTS)
        speaking = [member for member in self._found if self._holds_all(posixpath.dirname(member))]
        if not speaking:
            return None
        best = min(speaking, key=lambda member: (-member.count("/"), order.index(posixpath.basename(member))))
        return Found(said=self._found[best], place=best)

    def _holds_all(self, folder: str) -> bool:
        return not folder or f"{self._folder}/".startswith(f"{folder}/")
