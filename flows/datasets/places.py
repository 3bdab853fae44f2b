"""Where a written export can be pushed to: a folder of an object store, or a repository of a hub (`hub.py`).

Credentials come from where the stores' own tools take them.
"""

import hashlib
import posixpath
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pyarrow import fs

from flows.datasets.hub import open_hub
from flows.datasets.place import Place
from flows.sources.object_store import FILE_SYSTEMS, connect
from schemas.errors import UnknownNameError, WinnowError

PIECE_BYTES = 8 * 2**20
FILE_SCHEME = "file"
HUB_SCHEME = "hf"
HUB_DATASETS = "datasets"


class StoredFolder(Place):
    """A prefix of an object store, or a local folder."""

    def __init__(self, store: fs.FileSystem, prefix: str) -> None:
        """Look at `prefix`, which need not be there."""
        self._store = store
        self._prefix = prefix.rstrip("/")

    def names(self) -> list[str]:
        """List the files right below the prefix, and those deeper by their path."""
        selector = fs.FileSelector(self._prefix, recursive=True, allow_not_found=True)
        found = self._store.get_file_info(selector)
        return sorted(
            posixpath.relpath(info.path, self._prefix) for info in found if info.type is fs.FileType.File
        )

    def read(self, name: str) -> bytes:
        """Read a file whole."""
        with self._store.open_input_file(self._path(name)) as stream:
            return bytes(stream.read())

    def upload(self, folder: Path, names: Sequence[str]) -> None:
        """Write files one after the other; each is there whole or not at all where the store promises so."""
        self._store.create_dir(self._prefix, recursive=True)
        for name in names:
            with (
                (folder / name).open("rb") as local,
                self._store.open_output_stream(self._path(name), compression=None) as stream,
            ):
                while piece := local.read(PIECE_BYTES):
                    stream.write(piece)

    def remove(self, names: Sequence[str]) -> None:
        """Remove files."""
        for name in names:
            self._store.delete_file(self._path(name))

    def holds(self, path: Path, name: str) -> bool:
        """Compare the size, then the SHA-256 of what is read back."""
        (info,) = self._store.get_file_info([self._path(name)])
        if info.type is not fs.FileType.File or info.size != path.stat().st_size:
            return False
        digest = hashlib.sha256()
        with self._store.open_input_file(self._path(name)) as stream:
            while piece := stream.read(PIECE_BYTES):
                digest.update(piece)
        with path.open("rb") as local:
            return digest.digest() == hashlib.file_digest(local, "sha256").digest()

    def _path(self, name: str) -> str:
        return f"{self._prefix}/{name}"


def open_place(target: str) -> Place:
    """Find the place that a URI names.

    Args:
        target: `s3://BUCKET/PREFIX`, `gs://`, `az://`, `abfs://`, `file:///FOLDER`, or `hf://datasets/OWNER/NAME`.

    Raises:
        UnknownNameError: another scheme.
        WinnowError: a hub's address without owner and name.
    """
    parts = urlsplit(target)
    if parts.scheme == HUB_SCHEME:
        return _open_hub(target, f"{parts.netloc}{parts.path}".strip("/").split("/"))
    if parts.scheme == FILE_SCHEME:
        return StoredFolder(fs.LocalFileSystem(), unquote(parts.path))
    if parts.scheme not in FILE_SYSTEMS:
        known = (*FILE_SYSTEMS, FILE_SCHEME, HUB_SCHEME)
        raise UnknownNameError.from_name("scheme", parts.scheme, known, where=f"target {target!r}")
    return StoredFolder(connect(parts.scheme), f"{parts.netloc}{parts.path}")


def _open_hub(target: str, path: list[str]) -> Place:
    kind, *repository = path
    if kind != HUB_DATASETS or len(repository) != len(("owner", "name")):
        raise WinnowError(
            f"{target!r} names no dataset repository.\n\nHint: write {HUB_SCHEME}://{HUB_DATASETS}/OWNER/NAME"
        )
    return open_hub("/".join(repository))
