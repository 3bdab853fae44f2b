"""Cut a file into raw records: JSON Lines, one JSON array, or one JSON document, told apart by content.

Every byte of a file that is not a separator between records ends in exactly one record, faulty or not: a file
that cannot be cut is one record, which `decode_record` then refuses with a reason. A format may claim a file whole: a
session log is one record, however many lines it has. No record above a given size is ever held (`cutting.py`).
"""

import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain, islice
from typing import BinaryIO

import msgspec

from schemas.rollouts.format import Head, RawRecord
from schemas.rollouts.raw.cutting import NO_LIMIT, Cutting, frame_elements, frame_lines
from schemas.rollouts.raw.elements import ArrayScanner
from schemas.rollouts.raw.foreign import PLACEHOLDER, has_nul_bytes_only, is_binary
from schemas.rollouts.raw.pieces import PIECE_BYTES, Keep, digest_only, read_chunks
from schemas.rollouts.raw.strict_json import JSON_SPACE

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
ARRAY_START = re.compile(rb"[ \t\r\n]*\[")
LARGE_ARRAY = re.compile(rb"[ \t\r\n]*\[[ \t\r\n]*[\[{\"\]]")
"""How an array begins whose first element may be larger than what was read; a line of a log (`[2024-`) does not."""
HEAD_RECORDS = 16
"""How many records a format sees before it claims a file: a session log may begin with lines of bookkeeping."""
HEAD_BYTES = 1 << 18


def read_records(
    stream: BinaryIO,
    *,
    file_name: str = "",
    claims: Callable[[Head], str | None] = lambda _: None,
    record_bytes: int = NO_LIMIT,
    keep: Keep = digest_only,
) -> Iterator[RawRecord]:
    """Read a decompressed stream record by record.

    JSON Lines are streamed, so memory is bounded by the longest line; an array, a document, or a file that a format
    claims is held whole, once, while it is no larger than `record_bytes`. A file whose first line is broken is held
    whole too, because only the rest can tell what it is. A larger array is cut as it streams by; of a larger file
    with a broken first line the first `record_bytes` tell what it is.

    Args:
        stream: a binary stream of which `readline` is fast (wrap a decompressor in `io.BufferedReader`).
        file_name: the file's name without folders, for formats that look at it.
        claims: names the format that takes the whole file as one record, from its head.
        record_bytes: the largest record that is held; larger ones are a `RefusedRecord`.
        keep: takes the bytes of these, piece by piece.

    Yields:
        Records in file order; an empty file is one empty record.
    """
    cutting = Cutting(file_name=file_name, claims=claims, record_bytes=record_bytes, keep=keep)
    lines, filled = _peek(stream, record_bytes)
    if len(filled) > 1 and _is_json(filled[0]):
        claimed_by = claims(_head(file_name, lines, _parsed(filled)))
        if claimed_by is None:
            yield from frame_lines(lines, stream, cutting)
        else:
            yield cutting.whole(chain(lines, read_chunks(stream)), claimed_by=claimed_by)
        return
    whole = _read_up_to(record_bytes, lines, stream)
    if len(whole) > record_bytes:
        yield from _frame_large(bytes(whole), stream, cutting)
    else:
        yield from _frame_whole(whole, cutting, is_one_line=len(filled) < 2)  # noqa: PLR2004 - one, or more


def _peek(stream: BinaryIO, record_bytes: int) -> tuple[list[bytes], list[bytes]]:
    """Read the first lines; give the lines read, and those that are not blank.

    Of a file that is not JSON Lines no more than two filled lines are read, and of a line no more than may be held.
    """
    lines: list[bytes] = []
    filled: list[bytes] = []
    size = 0
    while line := stream.readline(record_bytes + 1):
        lines.append(line if lines else line.removeprefix(BYTE_ORDER_MARK))
        size += len(line)
        if lines[-1].strip(JSON_SPACE):
            filled.append(lines[-1])
        if (
            size > record_bytes
            or len(filled) >= HEAD_RECORDS
            or (len(filled) > 1 and (size > HEAD_BYTES or not _is_json(filled[0])))
        ):
            break
    return lines, filled


def _read_up_to(limit: int, lines: list[bytes], stream: BinaryIO) -> bytearray:
    """Read until the end, or until there is more than `limit`."""
    whole = bytearray(b"".join(lines))
    while len(whole) <= limit and (chunk := stream.read(PIECE_BYTES)):
        whole += chunk
    return whole


def _frame_whole(whole: bytearray, cutting: Cutting, *, is_one_line: bool) -> Iterator[RawRecord]:
    """Frame a file that is held."""
    elements = _cut_array(whole)
    first: Sequence[bytes | msgspec.Raw] = _first_elements(whole) if elements is None else elements
    if is_one_line and elements is None and not first and len(whole) <= HEAD_BYTES:
        first = [bytes(whole)]
    head = Head(
        file_name=cutting.file_name,
        start=bytes(whole[:HEAD_BYTES]),
        records=_parsed(first[:HEAD_RECORDS]),
        end=bytes(whole[-HEAD_BYTES:]),
    )
    claimed_by = cutting.claims(head)
    if claimed_by is not None:
        yield cutting.record(bytes(whole), "file", 0, claimed_by)
    elif elements is not None:
        for index, element in enumerate(elements):
            yield cutting.record(bytes(element), f"$[{index}]", index)
    elif (is_one_line and ARRAY_START.match(whole) is None) or _is_json(whole):
        yield _document([bytes(whole)], cutting)
    else:
        yield from _frame_broken(bytes(whole), io.BytesIO(), cutting)


def _frame_large(start: bytes, stream: BinaryIO, cutting: Cutting) -> Iterator[RawRecord]:
    """Frame a file that is too large to be held, of which `start` was read."""
    head = _head(cutting.file_name, [start[:HEAD_BYTES]], _parsed(_first_elements(start)))
    claimed_by = cutting.claims(head)
    if claimed_by is not None:
        yield cutting.whole(chain([start], read_chunks(stream)), claimed_by=claimed_by)
    elif b"\n" not in start and ARRAY_START.match(start) is None and not is_binary(start):
        yield from frame_lines([start], stream, cutting)
    else:
        yield from _frame_broken(start, stream, cutting)


def _frame_broken(start: bytes, stream: BinaryIO, cutting: Cutting) -> Iterator[RawRecord]:
    """Frame what is not JSON as a whole, or too large to tell, by what more objects of the start speak for."""
    is_text = not is_binary(start) or has_nul_bytes_only(start)
    line_count = _count(_record_lines(start)) if is_text else 0
    element_count = _count(_object_elements(start)) if is_text else 0
    is_large = len(start) > cutting.record_bytes
    if line_count > element_count:
        yield from frame_lines(io.BytesIO(start), stream, cutting)
    elif element_count or (is_large and LARGE_ARRAY.match(start)):
        yield from frame_elements(chain([_behind_bracket(start)], read_chunks(stream)), cutting)
    else:
        yield _document(chain([start], read_chunks(stream)), cutting)


def _document(chunks: Iterable[bytes], cutting: Cutting) -> RawRecord:
    """Make one record of a file; space at its ends is left out, unless it may mean something."""
    chunks = iter(chunks)
    start = next(chunks)
    is_exact = is_binary(start) and len(start) <= cutting.record_bytes
    return cutting.record(start, "file", 0) if is_exact else cutting.whole(chain([start], chunks))


def _cut_array(whole: bytearray) -> list[msgspec.Raw] | None:
    """Give the elements of an array, None when it is none, or a broken one.

    msgspec's slices are views into `whole`, so nothing is copied until a record is read.
    """
    if ARRAY_START.match(whole) is None:
        return None
    try:
        return msgspec.json.decode(whole, type=list[msgspec.Raw])
    except (msgspec.DecodeError, RecursionError):
        return None


def _behind_bracket(start: bytes | bytearray) -> bytes:
    """Give what stands behind an array's opening bracket; nothing when there is none."""
    opening = ARRAY_START.match(start)
    return b"" if opening is None else bytes(start[opening.end() :])


def _elements(start: bytes | bytearray) -> Iterator[bytes]:
    """Cut what was read of an array; an element that goes on behind it is left out."""
    return (piece.data for piece in ArrayScanner().cut([_behind_bracket(start)]) if piece.ends)


def _first_elements(start: bytes | bytearray) -> list[bytes]:
    return list(islice((element for element in _elements(start) if element), HEAD_RECORDS))


def _object_elements(start: bytes) -> Iterator[bytes]:
    """Give the elements that look like objects; whether they are any, whoever parses them finds out."""
    elements = (element.strip(JSON_SPACE) for element in _elements(start))
    return (element for element in elements if element.startswith(b"{") and element.endswith(b"}"))


def _count(found: Iterator[bytes]) -> int:
    """Count as far as it takes to tell lines from an array."""
    return sum(1 for _ in islice(found, HEAD_RECORDS))


def _head(file_name: str, lines: Iterable[bytes], records: tuple[object, ...]) -> Head:
    return Head(file_name=file_name, start=b"".join(lines)[:HEAD_BYTES], records=records)


def _parsed(elements: Iterable[bytes | msgspec.Raw]) -> tuple[object, ...]:
    """Parse what can be parsed; a broken record among the first ones must not hide the others."""
    records: list[object] = []
    for element in elements:
        with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            records.append(msgspec.json.decode(element))
    return tuple(records)


def _record_lines(start: bytes) -> Iterator[bytes]:
    """Give the lines that are records of their own: in a broken document there are none."""
    lines = (line.rstrip(JSON_SPACE) for line in io.BytesIO(start))
    return (
        line
        for line in lines
        if (line.startswith(b"{") and line != b"{}" and _is_json(line)) or PLACEHOLDER.fullmatch(line)
    )


def _is_json(text: bytes | bytearray) -> bool:
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except msgspec.DecodeError:
        return False
    except RecursionError:
        return True
    return True
