r"""Find secrets and personal data in messages: columnar down to the few lines that can hold one.

A regex that joins all hints picks the texts, then the lines; each rule then sees the lines of its own hint only.
Escapes (`\n`, `\"` ...) are looked through, since most strings here are JSON or source code: in `\nbob@example.com` the
address begins at the `b`.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import polars as pl

from curation.frames import conform, polars_schema
from curation.privacy.credentials import CREDENTIALS
from curation.privacy.detector import Detector
from curation.privacy.personal import PERSONAL
from schemas.tables.privacy import PRIVACY_SPANS

DETECTORS: Mapping[str, Detector] = {**CREDENTIALS, **PERSONAL}
"""All detectors by kind, credentials first: finds that overlap are one span, named by the first detector here."""
FIELDS = ("text", "reasoning", "arguments", "call_extra", "content_json", "extra")
"""Columns of a message and of its calls, in the order in which a message's spans are counted."""
OWNER = ("trajectory_id", "bucket", "seq")
DIGEST_BYTES = 16
PLACEHOLDER = re.compile(r"\[REDACTED:[a-z0-9_]+\]")
"""What a redacted span leaves; nothing is found in it or across it again."""

_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|[nrtbf\"'\\/])")
ASCII_END = 128
_ESCAPE_DEPTH = 3
"""JSON in JSON in source code: deeper escapes are not looked through."""


class Find(NamedTuple):
    """What one detector found in one text."""

    start: int
    end: int
    rank: int
    """Index of the detector."""


def scan_messages(
    messages: pl.DataFrame, *, digest_key: bytes, detectors: Mapping[str, Detector] = DETECTORS
) -> pl.DataFrame:
    """Find what detectors take for secrets or personal data.

    Args:
        messages: rows of the table `messages`, in any order.
        digest_key: 1 to 64 secret bytes. Without the key nobody can try numbers or names against `text_digest`; keep
            one key per warehouse, so that equal finds stay comparable.
        detectors: what to look for, by kind.

    Returns:
        Rows of the table `privacy_spans`, sorted by its key. Spans of one text never overlap.
    """
    if not digest_key:
        raise ValueError("`digest_key` is empty. It must be 1 to 64 secret bytes.")
    ranked = tuple(detectors.values())
    hint = "|".join(detector.hint for detector in ranked)
    texts = _texts(messages, hint).with_row_index("text_index")
    finds = _finds(texts, hint, ranked)
    hit = texts.filter(pl.col("text_index").is_in(list(finds)))
    rows = [
        {**row, **_span(row["text"], find, ranked[find.rank], digest_key)}
        for row in hit.iter_rows(named=True)
        for find in _apart(finds[row["text_index"]], row["text"])
    ]
    schema = polars_schema(PRIVACY_SPANS)
    spans = pl.DataFrame(rows, schema={**schema, "text_index": pl.UInt32}, strict=False)
    counted = spans.sort(*OWNER, "text_index", "start_char").with_columns(
        span_index=pl.int_range(pl.len()).over("trajectory_id", "seq")
    )
    return conform(counted, PRIVACY_SPANS)


def _texts(messages: pl.DataFrame, hint: str) -> pl.DataFrame:
    """Give the texts that a hint matches, one row each, in the order of `FIELDS` and of calls."""
    calls = messages.select(
        *OWNER, "tool_calls", call_index=pl.int_ranges(pl.col("tool_calls").list.len(), dtype=pl.Int64)
    ).explode("tool_calls", "call_index")
    calls = calls.select(
        *OWNER,
        "call_index",
        arguments=pl.col("tool_calls").struct.field("arguments"),
        call_extra=pl.col("tool_calls").struct.field("extra"),
    )
    plain = messages.with_columns(call_index=pl.lit(None, dtype=pl.Int64))
    frames = [
        (calls if field in calls.columns else plain)
        .filter(pl.col(field).str.contains(hint))
        .select(*OWNER, "call_index", pl.lit(field).alias("field"), pl.col(field).alias("text"))
        for field in FIELDS
    ]
    return pl.concat(frames)


def _finds(texts: pl.DataFrame, hint: str, detectors: tuple[Detector, ...]) -> dict[int, list[Find]]:
    """Let each detector read the lines (or whole texts) that its hint matches."""
    lines = _lines(texts, hint)
    wholes = texts.select("text_index", start=pl.lit(0), line="text")
    finds: dict[int, list[Find]] = defaultdict(list)
    for rank, detector in enumerate(detectors):
        pool = lines if detector.reads_lines else wholes
        for index, start, line in pool.filter(pl.col("line").str.contains(detector.hint)).iter_rows():
            places = detector.find(line if detector.reads_lines else see_through(line))
            finds[index].extend(Find(start + first, start + last, rank) for first, last in places)
    return finds


def _lines(texts: pl.DataFrame, hint: str) -> pl.DataFrame:
    """Cut texts into lines with their places; keep those that the hint matches, with escapes looked through."""
    lines = texts.select("text_index", line=pl.col("text").str.split("\n")).explode("line")
    length = pl.col("line").str.len_chars().cast(pl.Int64) + 1
    placed = lines.select("text_index", start=length.cum_sum().over("text_index") - length, line="line")
    hit = placed.filter(pl.col("line").str.contains(hint))
    return hit.with_columns(line=pl.Series([see_through(line) for line in hit["line"]], dtype=pl.String))


def see_through(text: str) -> str:
    r"""Replace escapes by what they stand for, after spaces, so that every other character keeps its place.

    Examples:
        >>> see_through(r"a\nb\"c")
        'a \nb "c'
    """
    for _ in range(_ESCAPE_DEPTH):
        if "\\" not in text:
            break
        text = _ESCAPE.sub(_unescaped, text)
    return text


def _unescaped(escape: re.Match[str]) -> str:
    kind, width = escape[0][1], len(escape[0])
    if kind == "u":
        code = int(escape[0].removeprefix("\\u"), 16)
        return (chr(code) if code < ASCII_END else " ").rjust(width)
    return {"n": " \n", "r": " \n", "t": "  ", "b": "  ", "f": "  "}.get(kind, f" {kind}")


def _apart(finds: Iterable[Find], text: str) -> Iterator[Find]:
    """Join finds that overlap, and leave out those that touch a placeholder."""
    marks = [match.span() for match in PLACEHOLDER.finditer(text)]
    joined: Find | None = None
    for find in sorted(finds):
        if any(find.start < end and start < find.end for start, end in marks):
            continue
        if joined is None or find.start >= joined.end:
            if joined is not None:
                yield joined
            joined = find
        else:
            joined = Find(joined.start, max(joined.end, find.end), min(joined.rank, find.rank))
    if joined is not None:
        yield joined


def _span(text: str, find: Find, detector: Detector, digest_key: bytes) -> dict[str, object]:
    found = text[find.start : find.end].encode()
    return {
        "start_char": find.start,
        "end_char": find.end,
        "family": detector.family,
        "kind": detector.kind,
        "confidence": detector.confidence,
        "detector": detector.rule,
        "detector_version": detector.version,
        "text_digest": hashlib.blake2b(found, key=digest_key, digest_size=DIGEST_BYTES).hexdigest(),
    }
