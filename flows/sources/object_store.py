"""Object stores, through Arrow's file systems: listing prefixes and globs, opening objects.

Credentials come from where the stores' own tools take them (`AWS_ACCESS_KEY_ID`, `~/.aws`,
`GOOGLE_APPLICATION_CREDENTIALS` ...); endpoints, region and Azure's account from the settings.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from pyarrow import fs

from flows.settings import azure_options, gcs_options, s3_options
from flows.sources.globs import ANY_FOLDERS, fixed_prefix, matches
from schemas.errors import SourceNotFoundError

FILE_SYSTEMS: dict[str, Any] = {
    "abfs": fs.AzureFileSystem,
    "az": fs.AzureFileSystem,
    "gs": fs.GcsFileSystem,
    "s3": fs.S3FileSystem,
}
OPTIONS: dict[str, Callable[[], Mapping[str, object]]] = {
    "abfs": azure_options,
    "az": azure_options,
    "gs": gcs_options,
    "s3": s3_options,
}
URI = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+)://(?P<path>.*)", re.DOTALL)


class Listed(NamedTuple):
    """One object."""

    uri: str
    bytes_count: int


def is_uri(location: str) -> bool:
    """Tell a URI from a local path."""
    return URI.fullmatch(location) is not None


def list_objects(uri: str) -> Iterator[Listed]:
    """List an object, all objects below a prefix, or those that a glob matches; none when there is nothing.

    Raises:
        SourceNotFoundError: a scheme that is not read, or a store that does not answer.
    """
    scheme, path = _split(uri)
    prefix = fixed_prefix(path).rstrip("/")
    pattern = None if prefix == path.rstrip("/") else path.split("/")
    try:
        store = connect(scheme)
        found = store.get_file_info([prefix])
        if found[0].type is not fs.FileType.File:
            found = store.get_file_info(fs.FileSelector(prefix, recursive=True, allow_not_found=True))
    except OSError as exc:
        raise SourceNotFoundError(
            f"Nothing could be listed at {uri!r}: {exc}\n\n"
            "Hint: check the address, and the credentials and the endpoint in the environment"
        ) from exc
    pattern = pattern or [*prefix.split("/"), ANY_FOLDERS]
    for info in found:
        is_wanted = info.path == prefix or matches(info.path.split("/"), pattern)
        if info.type is fs.FileType.File and is_wanted:
            yield Listed(f"{scheme}://{info.path}", info.size)


def size_of(uri: str) -> int:
    """Give an object's size in bytes.

    Raises:
        OSError: it is gone, or may not be read.
    """
    scheme, path = _split(uri)
    (info,) = connect(scheme).get_file_info([path])
    if info.type is not fs.FileType.File:
        raise FileNotFoundError(f"No object {uri!r}.")
    return int(info.size)


def open_object(uri: str) -> object:
    """Open an object, as a raw stream that can seek.

    Raises:
        OSError: it is gone, or may not be read.
    """
    scheme, path = _split(uri)
    return connect(scheme).open_input_file(path)


def read_object(uri: str) -> bytes:
    """Read an object whole.

    Raises:
        OSError: it is gone, or may not be read.
    """
    scheme, path = _split(uri)
    with connect(scheme).open_input_file(path) as stream:
        return bytes(stream.read())


def _split(uri: str) -> tuple[str, str]:
    found = URI.fullmatch(uri)
    scheme = "" if found is None else found["scheme"].lower()
    if found is None or scheme not in FILE_SYSTEMS:
        raise SourceNotFoundError(
            f"Cannot read {uri!r}. Known schemes: {', '.join(FILE_SYSTEMS)}, file\n\n"
            "Hint: download it first, and name the file"
        )
    return scheme, found["path"]


def connect(scheme: str) -> fs.FileSystem:
    """Connect to the store of one of `FILE_SYSTEMS`, as the environment says now."""
    return _connected(scheme, tuple(OPTIONS[scheme]().items()))


@lru_cache
def _connected(scheme: str, options: tuple[tuple[str, object], ...]) -> fs.FileSystem:
    connected: fs.FileSystem = FILE_SYSTEMS[scheme](**dict(options))
    return connected
