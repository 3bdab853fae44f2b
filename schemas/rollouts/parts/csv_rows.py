"""The rows of a table of labels one by one: a row that cannot be read must not cost its neighbours their labels."""

import csv
import io
import re
from collections.abc import Iterator
from typing import NamedTuple

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.parts.csv_labels import header_of

TABLE_NAME = re.compile(r".+\.(csv|tsv)(\.\w+)?", re.IGNORECASE)
SEPARATORS = {b"\t": "tabs", b";": "semicolons", b"|": "bars"}
ESCAPED_BYTE = re.compile("[\udc80-\udcff]")
"""What a byte that is no UTF-8 is decoded to."""


class TableRow(NamedTuple):
    """One row as it lies in a table."""

    line: int
    """Where it begins, from 1; the header is a row too."""
    raw: bytes
    """Its bytes, with the end of its line."""
    cells: list[str]
    """None of a blank line, and of a row with a fault."""
    fault: RecordFault | None
    """Why it cannot be read; null when it can."""


def table_rows(raw: bytes) -> Iterator[TableRow]:
    """Cut a table into its rows, each readable or not by itself; together they are all of it but a byte order mark.

    A quote that nobody closes takes all that follows into its row.
    """
    lines = list(io.StringIO(raw.decode("utf-8-sig", "surrogateescape"), newline=""))
    reader = csv.reader(lines, strict=True)
    width: int | None = None
    while (start := reader.line_num) < len(lines):
        cells: list[str] = []
        fault = None
        try:
            cells = next(reader)
        except csv.Error as exc:
            fault = RecordFault(RejectReason.TABLE_ROW_BROKEN, f"Not CSV: {exc}.")
        text = "".join(lines[start : reader.line_num])
        width = len(cells) if width is None else width
        fault = fault or _fault(text, cells, width)
        yield TableRow(start + 1, text.encode("utf-8", "surrogateescape"), [] if fault else cells, fault)


def unread_table(file_name: str, raw: bytes) -> RecordFault | None:
    """Say what is in the way of a table that no format claimed; None for a file that is not named as one."""
    if TABLE_NAME.fullmatch(file_name) is None:
        return None
    header = raw.split(b"\n", 1)[0]
    separators = [name for mark, name in SEPARATORS.items() if mark in header]
    if separators and b"," not in header:
        detail = f"The cells of its header are separated by {separators[0]}; only commas are read."
    else:
        count = len(header_of(raw))
        detail = f"No format knows the names in its header of {count} cells."
    return RecordFault(RejectReason.TABLE_NOT_RECOGNISED, detail)


def _fault(text: str, cells: list[str], width: int) -> RecordFault | None:
    if ESCAPED_BYTE.search(text):
        return RecordFault(RejectReason.INVALID_ENCODING, "Not UTF-8.")
    if cells and len(cells) != width:
        detail = f"{len(cells)} cells, but the header has {width} columns."
        return RecordFault(RejectReason.TABLE_ROW_BROKEN, detail)
    return None
