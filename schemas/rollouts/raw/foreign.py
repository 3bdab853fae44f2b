"""Know content that is no JSON and never was: pictures, archives, pickles, placeholders of published data sets.

Such bytes are kept exactly and refused with a reason of their own, so that nobody looks for a broken JSON in them.
"""

import re

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.raw.pickles import looks_like_pickle

HEAD_BYTES = 1 << 13
SIGNATURES = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"RIFF": "a RIFF file (WebP, WAV, AVI)",
    b"%PDF": "a PDF",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"SQLite format 3": "an SQLite database",
    b"PK\x03\x04": "a zip archive",
    b"PK\x05\x06": "an empty zip archive",
    b"\x1f\x8b": "gzip data",
    b"\x28\xb5\x2f\xfd": "zstd data",
    b"BZh": "bzip2 data",
    b"\xfd7zXZ": "xz data",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x7fELF": "a program",
}
PACKED = frozenset(
    {
        "a zip archive",
        "an empty zip archive",
        "gzip data",
        "zstd data",
        "bzip2 data",
        "xz data",
        "a 7z archive",
    }
)
"""Of these, what may well hold rollouts."""
TAR_BLOCK = 512
NUL_BYTES = "data with NUL bytes"
NOT_TEXT = "Not text but {}."
PLACEHOLDER = re.compile(rb"\s*<PLACEHOLDER\b[^<>\n]*>\s*")
WIDE_TEXT = (b"\xff\xfe", b"\xfe\xff")
"""Byte order marks of UTF-16 and UTF-32, which is text, though not one that we read."""
JSON_STARTS = (b"{", b"[", b'"')


def foreign_fault(raw: bytes | bytearray) -> RecordFault | None:
    """Tell what a record is that can be no JSON; None when it may be JSON, broken or not.

    Examples:
        >>> print(foreign_fault(b"GIF89a"))
        binary_content: Not text but a GIF picture.
        >>> foreign_fault(b'{"a": 1')
    """
    head = bytes(raw[:HEAD_BYTES])
    if head.lstrip().startswith(JSON_STARTS):
        return None
    if looks_like_pickle(head):
        return RecordFault(
            RejectReason.PYTHON_PICKLE, "A Python pickle, which runs code when it is loaded, so it never is."
        )
    if PLACEHOLDER.fullmatch(raw):
        return RecordFault(RejectReason.PLACEHOLDER, "A placeholder row: whoever published it left it out.")
    if not head.strip(b"\0") and _is_empty_tar(raw):
        return RecordFault(
            RejectReason.EMPTY_FILE, "Nothing but NUL bytes: an empty tar, or a file never written."
        )
    kind = next((kind for start, kind in SIGNATURES.items() if head.startswith(start)), None)
    if kind is None and b"\0" in head and not head.startswith(WIDE_TEXT):
        kind = "data with NUL bytes"
    if kind in PACKED:
        return RecordFault(RejectReason.UNSUPPORTED_PACKING, f"Not text but {kind}, which is not read here.")
    return None if kind is None else RecordFault(RejectReason.BINARY_CONTENT, f"Not text but {kind}.")


def _is_empty_tar(raw: bytes | bytearray) -> bool:
    """Tell the two blocks that end a tar, with nothing before them and any padding behind."""
    return len(raw) >= 2 * TAR_BLOCK and not len(raw) % TAR_BLOCK and raw.count(0) == len(raw)


def is_binary(start: bytes | bytearray) -> bool:
    """Tell whether bytes are of a kind in which space at the ends means something."""
    fault = foreign_fault(start)
    return fault is not None and fault.reason is not RejectReason.PLACEHOLDER


def has_nul_bytes_only(start: bytes | bytearray) -> bool:
    """Tell whether NUL bytes are all that speaks against text: a file that lost its first blocks has them too."""
    fault = foreign_fault(start)
    return fault is not None and fault.detail == NOT_TEXT.format(NUL_BYTES)
