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
    kind = next((kind for start, kind in SIGNATURES.items() if head.startswith(start)), None)
    if kind is None and b"\0" in head and not head.startswith(WIDE_TEXT):
        kind = "data with NUL bytes"
    return None if kind is None else RecordFault(RejectReason.BINARY_CONTENT, f"Not text but {kind}.")


def is_binary(start: bytes | bytearray) -> bool:
    """Tell whether bytes are of a kind in which space at the ends means something."""
    fault = foreign_fault(start)
    return fault is not None and fault.reason is not RejectReason.PLACEHOLDER
