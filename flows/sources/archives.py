"""Members of tar and zip archives, streamed in archive order; nothing is ever written to disk.

A member's name is data: it is never a path that is opened, whatever it says. Links, devices and other members without
content of their own are given as such, to be refused: they might stand for data.
"""

import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, ClassVar, cast

import pyarrow as pa

from flows.sources.globs import is_hidden
from flows.sources.limits import Limits
from flows.sources.places import printable
from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.raw.pieces import PIECE_BYTES

ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
ZIP_HEADER_BYTES = 30
ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
TAR_BLOCK = tarfile.BLOCKSIZE
TAR_MAGIC = (257, b"ustar")
MOST_HEADER_BYTES = 1 << 20
"""The longest name or extended header of a tar's member; these are held whole."""
BROKEN = (
    OSError, EOFError, pa.ArrowException,
    zlib.error, zipfile.BadZipFile, tarfile.TarError,
)  # fmt: skip
"""What the libraries raise on archives and streams that are broken, or packed in ways they do not know."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """One member of an archive."""

    name: str
    """As text, see `printable`: it is never opened by it."""
    bytes_count: int
    """Size of its content, as the archive says."""
    open: Callable[[], BinaryIO]
    """Open its content; of a streamed tar only once, and before the next member is asked for."""
    stored: Callable[[], Iterator[bytes]] | None = None
    """Read what is kept when it is refused, its entry as it lies in the archive; null when that is its content."""
    fault: RecordFault | None = None
    """Why it has no content that could be read; null when it has."""


def is_zip(start: bytes) -> bool:
    """Tell a zip from its first bytes."""
    return start.startswith(ZIP_STARTS)


def is_tar(start: bytes) -> bool:
    """Tell a tar from its first block; old ones without a magic by their header's checksum."""
    offset, magic = TAR_MAGIC
    if start[offset : offset + len(magic)] == magic:
        return True
    if len(start) < TAR_BLOCK or start.lstrip().startswith((b"{", b"[")):
        return False
    try:
        tarfile.TarInfo.frombuf(start[:TAR_BLOCK], "utf-8", "surrogateescape")
    except tarfile.TarError:
        return False
    return True


def is_left_out(name: str) -> bool:
    """Tell members that are hidden, as hidden files of a folder are."""
    return any(is_hidden(part) or part == "__MACOSX" for part in name.split("/"))


class _Header(tarfile.TarInfo):
    """A header that does not let an archive end silently in the middle."""

    LONG: ClassVar = (
        tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE,
    )  # fmt: skip

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_Header":
        """Read a header; tarfile takes broken ones and missing ends for the end of the archive."""
        try:
            header = super().frombuf(buf, encoding, errors)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            raise
        except tarfile.HeaderError as exc:
            raise tarfile.ReadError(f"The archive breaks off: {exc}.") from exc
        if header.type in cls.LONG and header.size > MOST_HEADER_BYTES:
            raise tarfile.ReadError(f"A header of {header.size} bytes; at most {MOST_HEADER_BYTES} are read.")
        return header


def tar_members(stream: BinaryIO) -> Iterator[Member]:
    """Give a tar's members.

    Raises:
        tarfile.TarError: the archive is broken, or ends without its mark; also from reading a member.
    """
    with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Header, errorlevel=2) as archive:
        for info in archive:
            archive.members.clear()  # type: ignore[attr-defined] # or each header is held to the end
            if info.isdir() or is_left_out(info.name):
                continue
            yield _tar_member(archive, info)


def _tar_member(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Member:
    fault = None
    if not info.isreg() or info.issparse():
        kind = (
            "link" if info.islnk() or info.issym() else "sparse file" if info.issparse() else "special file"
        )
        fault = RecordFault(RejectReason.UNSAFE_ARCHIVE, f"A {kind}, which is never followed or made.")
    return Member(
        name=printable(info.name),
        bytes_count=info.size,
        open=lambda: cast("BinaryIO", archive.extractfile(info)),
        stored=(lambda: iter([info.tobuf(errors="surrogateescape")])) if fault else None,
        fault=fault,
    )


def zip_members(stream: BinaryIO, limits: Limits) -> Iterator[Member]:
    """Give a zip's members, in the order of its directory.

    Raises:
        zipfile.BadZipFile: the archive is broken or cut off.
    """
    with _zip_file(stream) as archive:
        for info in archive.infolist():
            if info.is_dir() or is_left_out(info.filename):
                continue
            yield Member(
                name=printable(info.filename),
                bytes_count=info.file_size,
                open=_zip_opener(archive, info),
                stored=_entry_reader(stream, info),
                fault=_zip_fault(info, limits),
            )


def _zip_file(stream: BinaryIO) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(stream)
    except (ValueError, OverflowError, NotImplementedError, struct.error) as exc:
        raise zipfile.BadZipFile(f"The directory is broken: {exc}.") from exc


def _zip_opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], BinaryIO]:
    def open_member() -> BinaryIO:
        try:
            return cast("BinaryIO", archive.open(info))
        except (ValueError, OverflowError, NotImplementedError) as exc:
            raise zipfile.BadZipFile(f"The directory is broken: {exc}.") from exc

    return open_member


def _entry_reader(stream: BinaryIO, info: zipfile.ZipInfo) -> Callable[[], Iterator[bytes]]:
    """Read a member's compressed bytes; between reads of other members, which seek for themselves."""

    def read_entry() -> Iterator[bytes]:
        if info.header_offset < 0:  # the directory is broken; there is no such entry
            return
        stream.seek(info.header_offset)
        header = stream.read(ZIP_HEADER_BYTES)
        names = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
        position, left = info.header_offset + ZIP_HEADER_BYTES + names, info.compress_size
        while left > 0:
            stream.seek(position)
            if not (chunk := stream.read(min(left, PIECE_BYTES))):
                break
            position, left = position + len(chunk), left - len(chunk)
            yield chunk

    return read_entry


def _zip_fault(info: zipfile.ZipInfo, limits: Limits) -> RecordFault | None:
    # A zip's reader gives no more than the size that the directory tells, so this bounds what is read.
    most = limits.expanded(info.compress_size)
    if info.file_size > most:
        return RecordFault(
            RejectReason.UNSAFE_ARCHIVE,
            f"{info.compress_size} bytes expand to {info.file_size}; at most {most} are read.",
        )
    if info.compress_type not in ZIP_METHODS:
        # LZMA among them: its header alone decides how many gigabytes it takes to be read.
        detail = f"Packed by method {info.compress_type}; stored, deflated and bzip2 members are read."
        return RecordFault(RejectReason.UNSUPPORTED_PACKING, detail)
    if info.flag_bits & 1:
        return RecordFault(RejectReason.UNSUPPORTED_PACKING, "The member is encrypted.")
    return None
