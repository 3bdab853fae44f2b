"""Archives made for tests, harmless and hostile."""

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Mapping

import zstandard


def zst(content: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(content)


def tar(members: Mapping[str, bytes] | Iterable[tuple[str, bytes]]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in dict(members).items() if isinstance(members, Mapping) else members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def tar_of_specials(specials: Mapping[str, bytes], target: str = "/etc/passwd") -> bytes:
    """Pack members of other types than files: links, devices, pipes."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, kind in specials.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info)
    return packed.getvalue()


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return packed.getvalue()


def encrypted(content: bytes) -> bytes:
    """Mark all members of a zip as encrypted, in both places that say so."""
    marked = bytearray(content)
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = marked.find(magic)
        while place >= 0:
            marked[place + offset] |= 1
            place = marked.find(magic, place + 1)
    return bytes(marked)


COMPRESS: dict[str, Callable[[bytes], bytes]] = {"plain": bytes, "gzip": gzip.compress, "zstd": zst}
