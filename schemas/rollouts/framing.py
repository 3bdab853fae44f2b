"""Cut a file into raw records: JSON Lines, one JSON array, or one JSON document, told apart by content.

Every byte of a file that is not a separator between records ends in exactly one record, faulty or not: a file
that cannot be cut is one record, which `decode_record` then refuses with a reason.
"""

import io
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO

import msgspec

from schemas.identity import content_digest
from schemas.rollouts.format import RawRecord
from schemas.rollouts.strict_json import JSON_SPACE, scan_elements

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
ARRAY_START = re.compile(rb"[ \t\r\n]*\[")
CHUNK_BYTES = 1 << 20


def read_records(stream: BinaryIO) -> Iterator[RawRecord]:
    """Read a decompressed stream record by record.

    JSON Lines are streamed, so memory is bounded by the longest line; an array or a document is held whole, once. A
    file whose first line is broken is held whole too, because only the rest can tell what it is.

    Args:
        stream: a binary stream that iterates over its lines (wrap a decompressor in `io.BufferedReader`).

    Yields:
        Records in file order; an empty file is one empty record.
    """
    head, filled = _peek(stream)
    if len(filled) > 1 and _is_json(filled[0]):
        yield from _frame_lines(chain(head, stream))
        return
    whole = bytearray(b"".join(head))
    while chunk := stream.read(CHUNK_BYTES):
        whole += chunk
    yield from _frame_whole(whole)


def _peek(stream: BinaryIO) -> tuple[list[bytes], list[bytes]]:
    """Read up to the second line that is not blank; give the lines read, and those that are not blank."""
    head: list[bytes] = []
    filled: list[bytes] = []
    for line in stream:
        head.append(line if head else line.removeprefix(BYTE_ORDER_MARK))
        if head[-1].strip(JSON_SPACE):
            filled.append(head[-1])
        if len(filled) > 1:
            break
    return head, filled


def _frame_whole(whole: bytearray) -> Iterator[RawRecord]:
    elements = _cut_array(whole)
    if elements is not None:
        for index, element in enumerate(elements):
            yield _record(bytes(element), f"$[{index}]", index)
    elif not _is_json(whole) and _has_record_line(whole):
        yield from _frame_lines(io.BytesIO(whole))
    else:
        yield _record(bytes(whole).strip(JSON_SPACE), "file", 0)


def _frame_lines(lines: Iterable[bytes]) -> Iterator[RawRecord]:
    index = 0
    for number, line in enumerate(lines, start=1):
        raw = line.strip(JSON_SPACE)
        if raw:
            yield _record(raw, f"line {number}", index)
            index += 1


def _cut_array(whole: bytearray) -> list[msgspec.Raw] | list[bytes] | None:
    """Give the elements of an array, None when it is none or is not whole.

    msgspec's slices are views into `whole`, so nothing is copied until a record is read.
    """
    if ARRAY_START.match(whole) is None:
        return None
    try:
        return msgspec.json.decode(whole, type=list[msgspec.Raw])
    except (msgspec.DecodeError, RecursionError):
        elements, _, is_whole = scan_elements(bytes(whole).strip(JSON_SPACE))
        return elements if is_whole else None


def _has_record_line(whole: bytearray) -> bool:
    """Tell JSON Lines with a broken first line from a broken document: a line is an object of its own."""
    lines = (line.rstrip(JSON_SPACE) for line in io.BytesIO(whole))
    return any(line.startswith(b"{") and line != b"{}" and _is_json(line) for line in lines)


def _is_json(text: bytes | bytearray) -> bool:
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except msgspec.DecodeError:
        return False
    except RecursionError:
        return True
    return True


def _record(raw: bytes, locator: str, index: int) -> RawRecord:
    return RawRecord(raw=raw, locator=locator, index=index, record_id=content_digest(raw))
