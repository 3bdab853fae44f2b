"""Parse one record as strict JSON, and say precisely what is wrong when it is not.

msgspec refuses what a table could not hold or a trainer would misread (NaN, lone surrogates, invalid UTF-8); the
standard library reads more, which is how the causes are told apart.
"""

import json
from typing import NamedTuple, NoReturn

import msgspec

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.raw.foreign import foreign_fault

JSON_SPACE = b" \t\r\n"
SPACES = (" ", "\t", "\r", "\n")


def parse_json(raw: bytes) -> object:
    """Parse a whole record; numbers come out as numbers, so never write these objects back.

    Raises:
        RecordFault: `empty_file`, `truncated_json`, `invalid_encoding`, `not_finite_number` or `invalid_json`; of what
            was never JSON `binary_content`, `python_pickle` or `placeholder`.
    """
    try:
        return msgspec.json.decode(raw)
    except RecursionError as exc:
        raise RecordFault(RejectReason.INVALID_JSON, "Nested too deeply to be read.") from exc
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise _explain(raw, str(exc)) from exc


class Line(NamedTuple):
    """One line of a file that a format reads whole."""

    number: int
    """From 1, blank lines counted."""
    raw: bytes
    fault: RecordFault | None
    """Why the line cannot be read; null when it can."""


def read_lines(raw: bytes) -> list[Line]:
    """Cut JSON Lines that are one record; a broken line (a log that is still being written) keeps its text.

    Whoever reads them keeps the raw text of broken lines in `extra`.
    """
    lines: list[Line] = []
    for number, text in enumerate(raw.split(b"\n"), start=1):
        stripped = text.strip(JSON_SPACE)
        if stripped:
            lines.append(Line(number, stripped, _fault(stripped)))
    return lines


def _fault(raw: bytes) -> RecordFault | None:
    try:
        parse_json(raw)
    except RecordFault as fault:
        return fault
    return None


def scan_elements(raw: bytes) -> tuple[list[bytes], int, bool]:
    """Cut an array into the exact bytes of its elements, as far as it goes.

    Slower than msgspec and more lenient: it reads NaN, lone surrogates and invalid UTF-8, so that a fault inside
    one element does not cost its neighbours.

    Args:
        raw: an array with at least one element, without space around it.

    Returns:
        The complete elements, the byte offset behind the last of them, and whether the array is whole.
    """
    text = raw.decode("utf-8", "surrogateescape")
    read = json.JSONDecoder().raw_decode
    elements: list[bytes] = []
    position, end = 0, 1
    while position == 0 or text[position : position + 1] == ",":
        start = _skip_space(text, position + 1)
        try:
            _, end = read(text, start)
        except (ValueError, RecursionError):
            break
        elements.append(_encode(text[start:end]))
        position = _skip_space(text, end)
    is_whole = bool(elements) and text[_skip_space(text, end) :] == "]"
    return elements, len(_encode(text[:end])), is_whole


def _explain(raw: bytes, message: str) -> RecordFault:
    """Tell apart what msgspec refused, by what the standard library makes of it."""
    if "out of range" in message:
        return RecordFault(RejectReason.NOT_FINITE_NUMBER, f"{message}: no column holds such a number.")
    try:
        json.loads(raw.decode("utf-8", "surrogateescape"), parse_constant=_refuse_constant)
    except RecordFault as fault:
        return fault
    except (ValueError, RecursionError):
        return _explain_syntax(raw, message)
    surrogate = RecordFault(RejectReason.INVALID_ENCODING, f"A lone surrogate in a string ({message}).")
    return _encoding_fault(raw) or surrogate


def _explain_syntax(raw: bytes, message: str) -> RecordFault:
    if not raw:
        return RecordFault(RejectReason.EMPTY_FILE, "Nothing but white space.")
    if foreign := foreign_fault(raw):
        return foreign
    progress = ""
    if raw.startswith(b"["):
        elements, offset, _ = scan_elements(raw)
        progress = f"; {len(elements)} complete elements before it, up to byte {offset}"
    if message == "Input data was truncated":
        return RecordFault(RejectReason.TRUNCATED_JSON, f"Ends too early, after {len(raw)} bytes{progress}.")
    return _encoding_fault(raw) or RecordFault(RejectReason.INVALID_JSON, f"{message}{progress}.")


def _encoding_fault(raw: bytes) -> RecordFault | None:
    try:
        raw.decode()
    except UnicodeDecodeError as exc:
        return RecordFault(RejectReason.INVALID_ENCODING, f"Not UTF-8 at byte {exc.start}: {exc.reason}.")
    return None


def _refuse_constant(name: str) -> NoReturn:
    raise RecordFault(RejectReason.NOT_FINITE_NUMBER, f"Holds {name}, which JSON does not know.")


def _skip_space(text: str, position: int) -> int:
    while text[position : position + 1] in SPACES:
        position += 1
    return position


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
