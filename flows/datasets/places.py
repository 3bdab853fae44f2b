"""Where a written export can be pushed to: a folder of an object store, or a repository of a hub.

Credentials come from where the stores' own tools take them, the hub's token from where `huggingface_hub` does.
"""

import hashlib
import posixpath
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from pyarrow import fs

from flows.settings import azure_options, s3_options
from flows.sources.object_store import AZURE_SCHEMES, FILE_SYSTEMS
from schemas.errors import UnknownNameError, WinnowError

if TYPE_CHECKING:
    from huggingface_hub import HfApi

PIECE_BYTES = 8 * 2**20
FILE_SCHEME = "file"
HUB_SCHEME = "hf"
HUB_DATASETS = "datasets"
GIT_FILES = frozenset({".gitattributes"})
"""What a hub puts into a repository by itself."""


class Place(ABC):
    """A flat folder of files somewhere."""

    @abstractmethod
    def names(self) -> list[str]:
        """Name the files that are there; none when the place is not there yet."""

    @abstractmethod
    def read(self, name: str) -> bytes:
        """Read a file whole."""

    @abstractmethod
    def upload(self, folder: Path, names: Sequence[str]) -> None:
        """Write files of a local folder, in place of those of these names; the place is made when it is not there."""

    @abstractmethod
    def remove(self, names: Sequence[str]) -> None:
        """Remove files."""

    @abstractmethod
    def holds(self, path: Path, name: str) -> bool:
        """Tell whether a file there has the bytes of a local one."""


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


class HubRepository(Place):
    """A dataset repository of a hub; each upload is one commit."""

    def __init__(self, api: "HfApi", repository: str) -> None:
        """Look at `OWNER/NAME`, which need not be there."""
        self._api = api
        self._repository = repository

    def names(self) -> list[str]:
        """List the repository's files."""
        if not self._api.repo_exists(self._repository, repo_type="dataset"):
            return []
        found = self._api.list_repo_files(self._repository, repo_type="dataset")
        return sorted(set(found) - GIT_FILES)

    def read(self, name: str) -> bytes:
        """Download a file."""
        local = self._api.hf_hub_download(self._repository, name, repo_type="dataset")
        return Path(local).read_bytes()

    def upload(self, folder: Path, names: Sequence[str]) -> None:
        """Commit files; a new repository is private."""
        self._api.create_repo(self._repository, repo_type="dataset", exist_ok=True, private=True)
        self._api.upload_folder(
            repo_id=self._repository,
            folder_path=folder,
            allow_patterns=list(names),
            repo_type="dataset",
            commit_message=f"Write {len(names)} files of a Winnow export",
        )

    def remove(self, names: Sequence[str]) -> None:
        """Commit that files are gone."""
        if names:
            self._api.delete_files(self._repository, delete_patterns=list(names), repo_type="dataset")

    def holds(self, path: Path, name: str) -> bool:
        """Compare the size, and the hash by which the hub knows the file: SHA-256 of a large one, git's of others."""
        found = self._api.get_paths_info(self._repository, [name], repo_type="dataset")
        if not found or getattr(found[0], "size", None) != path.stat().st_size:
            return False
        large = getattr(found[0], "lfs", None)
        if large is not None:
            with path.open("rb") as local:
                return bool(large.sha256 == hashlib.file_digest(local, "sha256").hexdigest())
        content = path.read_bytes()
        blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False)
        return bool(getattr(found[0], "blob_id", None) == blob.hexdigest())


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
    options = s3_options() if parts.scheme == "s3" else {}
    options = azure_options() if parts.scheme in AZURE_SCHEMES else options
    return StoredFolder(FILE_SYSTEMS[parts.scheme](**options), f"{parts.netloc}{parts.path}")


def _open_hub(target: str, path: list[str]) -> Place:
    kind, *repository = path
    if kind != HUB_DATASETS or len(repository) != len(("owner", "name")):
        raise WinnowError(
            f"{target!r} names no dataset repository.\n\nHint: write {HUB_SCHEME}://{HUB_DATASETS}/OWNER/NAME"
        )
    from huggingface_hub import HfApi

    return HubRepository(HfApi(), "/".join(repository))
