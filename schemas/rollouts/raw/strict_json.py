"""Parse one record as strict JSON, and say precisely what is wrong when it is not.

msgspec refuses what a table could not hold or a trainer would misread (NaN, lone surrogates, invalid UTF-8); the
standard library reads more, which is how the causes are told apart.
"""

import json
import re
from math import isinf
from typing import NamedTuple, NoReturn

import msgspec

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.raw.foreign import foreign_fault

JSON_SPACE = b" \t\r\n"
STRING_OR_NUMBER = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|-?\d[\d.eE+-]*+', re.DOTALL)


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


def quote_large_numbers(raw: bytes) -> bytes | None:
    """Write the numbers of an object that no float reaches as strings of their digits; None when there are none.

    They are JSON, and seldom in a field that anybody reads; where a number is expected, such a string is refused.

    Examples:
        >>> quote_large_numbers(b'{"a": 1e400, "b": "1e400", "c": 1.5}')
        b'{"a": "1e400", "b": "1e400", "c": 1.5}'
    """
    if not raw.startswith(b"{"):
        return None
    quoted = STRING_OR_NUMBER.sub(lambda found: _quoted_if_large(found[0]), raw)
    return None if quoted == raw else quoted


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
    if message == "Input data was truncated":
        return RecordFault(RejectReason.TRUNCATED_JSON, f"Ends too early, after {len(raw)} bytes.")
    return _encoding_fault(raw) or RecordFault(RejectReason.INVALID_JSON, f"{message}.")


def _encoding_fault(raw: bytes) -> RecordFault | None:
    try:
        raw.decode()
    except UnicodeDecodeError as exc:
        return RecordFault(RejectReason.INVALID_ENCODING, f"Not UTF-8 at byte {exc.start}: {exc.reason}.")
    return None


def _refuse_constant(name: str) -> NoReturn:
    raise RecordFault(RejectReason.NOT_FINITE_NUMBER, f"Holds {name}, which JSON does not know.")


def _quoted_if_large(text: bytes) -> bytes:
    try:
        return b'"%s"' % text if isinf(float(text)) else text
    except ValueError:
        return text
