"""Tables of labels: read CSV strictly, and words of judgement as numbers."""

import csv
import io
import re
from math import isfinite

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.format import Head

Row = dict[str, str]

CSV_NAME = re.compile(r".+\.csv(\.\w+)?", re.IGNORECASE)
YES = frozenset(
    {"true", "yes", "y", "resolved", "passed", "pass", "success", "successful", "solved", "correct"}
)
NO = frozenset(
    {"false", "no", "n", "unresolved", "failed", "fail", "failure", "unsuccessful", "unsolved", "incorrect"}
)
UNKNOWN = frozenset({"", "n/a", "na", "none", "null", "nan", "unsure", "unknown"})


def csv_columns(head: Head) -> frozenset[str]:
    """Give the columns of a file that is named `.csv`; none for any other."""
    return frozenset() if CSV_NAME.fullmatch(head.file_name) is None else frozenset(header_of(head.start))


def header_of(start: bytes) -> list[str]:
    """Give the cells of a table's first line."""
    first = start.split(b"\n", 1)[0].decode("utf-8-sig", "replace")
    return next(csv.reader([first]), [])


def read_csv(raw: bytes, columns_needed: frozenset[str] = frozenset()) -> list[Row]:
    """Read the rows of a table by their column.

    Args:
        raw: the file.
        columns_needed: columns that the table must have.

    Raises:
        RecordFault: not UTF-8, a column twice or missing, or a row of another length; all of it, because a label in
            the wrong column is worse than none.
    """
    try:
        lines = csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), strict=True)
        columns = next(lines, [])
        rows = [(lines.line_num, cells) for cells in lines if cells]
    except UnicodeDecodeError as exc:
        raise RecordFault(RejectReason.INVALID_ENCODING, f"Not UTF-8 at byte {exc.start}.") from exc
    except csv.Error as exc:
        raise RecordFault(RejectReason.UNEXPECTED_SHAPE, f"Not CSV: {exc}.") from exc
    if len(set(columns)) != len(columns):
        raise RecordFault(RejectReason.UNEXPECTED_SHAPE, f"A column is there twice: {', '.join(columns)}.")
    if missing := columns_needed.difference(columns):
        raise RecordFault(
            RejectReason.MISSING_FIELD, f"The table has no column {', '.join(sorted(missing))}."
        )
    for number, cells in rows:
        if len(cells) != len(columns):
            raise RecordFault(
                RejectReason.UNEXPECTED_SHAPE,
                f"line {number}: {len(cells)} cells, but the header has {len(columns)} columns.",
            )
    return [dict(zip(columns, cells, strict=True)) for _, cells in rows]


def label_value(text: str) -> float | None:
    """Read a label as a number: a number itself, 1 for yes, 0 for no; null for one that says nothing.

    Raises:
        ValueError: it is neither.

    Examples:
        >>> [label_value(text) for text in ("0.5", "True", "unresolved", "")]
        [0.5, 1.0, 0.0, None]
    """
    word = text.strip().lower()
    if word in UNKNOWN:
        return None
    if word in YES or word in NO:
        return float(word in YES)
    value = float(word)
    if not isfinite(value):
        raise ValueError(text)
    return value


def split_labels(row: Row) -> tuple[dict[str, float | None], Row]:
    """Part the cells that are labels (an empty one is unknown) from those that are other words."""
    values: dict[str, float | None] = {}
    words: Row = {}
    for name, text in row.items():
        try:
            values[name] = label_value(text)
        except ValueError:
            words[name] = text
    return values, words
