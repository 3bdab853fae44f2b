"""Cut a file into raw records: JSON Lines, one JSON array, or one JSON document, told apart by content.

Every byte of a file that is not a separator between records ends in exactly one record, faulty or not: a file
that cannot be cut is one record, which `decode_record` then refuses with a reason. A format may claim a file whole: a
session log is one record, however many lines it has.
"""

import io
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import chain
from typing import BinaryIO

import msgspec

from schemas.identity import content_digest
from schemas.rollouts.format import Head, RawRecord
from schemas.rollouts.strict_json import JSON_SPACE, scan_elements

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
ARRAY_START = re.compile(rb"[ \t\r\n]*\[")
CHUNK_BYTES = 1 << 20
HEAD_RECORDS = 16
"""How many records a format sees before it claims a file: a session log may begin with lines of bookkeeping."""
HEAD_BYTES = 1 << 18


def read_records(
    stream: BinaryIO, *, file_name: str = "", claims: Callable[[Head], str | None] = lambda _: None
) -> Iterator[RawRecord]:
    """Read a decompressed stream record by record.

    JSON Lines are streamed, so memory is bounded by the longest line; an array, a document, or a file that a format
    claims is held whole, once. A file whose first line is broken is held whole too, because only the rest can tell
    what it is.

    Args:
        stream: a binary stream that iterates over its lines (wrap a decompressor in `io.BufferedReader`).
        file_name: the file's name without folders, for formats that look at it.
        claims: names the format that takes the whole file as one record, from its head.

    Yields:
        Records in file order; an empty file is one empty record.
    """
    lines, filled = _peek(stream)
    if len(filled) > 1 and _is_json(filled[0]):
        claimed_by = claims(_head(file_name, lines, _parsed(filled)))
        if claimed_by is None:
            yield from _frame_lines(chain(lines, stream))
            return
        yield _record(bytes(_read_all(lines, stream)), "file", 0, claimed_by)
        return
    whole = _read_all(lines, stream)
    elements = _cut_array(whole)
    parsed = _parsed(elements[:HEAD_RECORDS]) if elements else ()
    claimed_by = claims(_head(file_name, [bytes(whole[:HEAD_BYTES])], parsed))
    if claimed_by is not None:
        yield _record(bytes(whole), "file", 0, claimed_by)
    elif elements is not None:
        for index, element in enumerate(elements):
            yield _record(bytes(element), f"$[{index}]", index)
    elif not _is_json(whole) and _has_record_line(whole):
        yield from _frame_lines(io.BytesIO(whole))
    else:
        yield _record(bytes(whole).strip(JSON_SPACE), "file", 0)


def _peek(stream: BinaryIO) -> tuple[list[bytes], list[bytes]]:
    """Read the first lines; give the lines read, and those that are not blank.

    Of a file that is not JSON Lines no more than two filled lines are read.
    """
    lines: list[bytes] = []
    filled: list[bytes] = []
    size = 0
    for line in stream:
        lines.append(line if lines else line.removeprefix(BYTE_ORDER_MARK))
        size += len(line)
        if lines[-1].strip(JSON_SPACE):
            filled.append(lines[-1])
        if len(filled) >= HEAD_RECORDS or (
            len(filled) > 1 and (size > HEAD_BYTES or not _is_json(filled[0]))
        ):
            break
    return lines, filled


def _head(file_name: str, lines: Iterable[bytes], records: tuple[object, ...]) -> Head:
    return Head(file_name=file_name, start=b"".join(lines)[:HEAD_BYTES], records=records)


def _parsed(elements: Iterable[bytes | msgspec.Raw]) -> tuple[object, ...]:
    """Parse what can be parsed; a broken record among the first ones must not hide the others."""
    records: list[object] = []
    for element in elements:
        with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            records.append(msgspec.json.decode(element))
    return tuple(records)


def _read_all(lines: list[bytes], stream: BinaryIO) -> bytearray:
    whole = bytearray(b"".join(lines))
    while chunk := stream.read(CHUNK_BYTES):
        whole += chunk
    return whole


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


def _record(raw: bytes, locator: str, index: int, claimed_by: str | None = None) -> RawRecord:
    return RawRecord(
        raw=raw, locator=locator, index=index, record_id=content_digest(raw), claimed_by=claimed_by
    )
