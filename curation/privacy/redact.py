"""Put placeholders where spans are, and leave everything else byte for byte: JSON stays JSON."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import polars as pl

JSON_FIELDS = frozenset({"arguments", "call_extra", "content_json", "extra"})
CALL_FIELDS = {"arguments": "arguments", "call_extra": "extra"}
"""Fields of a tool call: their names among spans, and in the struct."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s\[\]{},:"]+')
_ESCAPE = re.compile(r"\\u[dD][89abAB]\w{2}\\u[dD][c-fC-F]\w{2}|\\u\w{4}|\\.")


class Span(NamedTuple):
    """One stretch of a string, in characters, and what it is taken for."""

    start: int
    end: int
    kind: str

    @property
    def placeholder(self) -> str:
        """What stands there instead."""
        return f"[REDACTED:{self.kind}]"


def redact_text(text: str, spans: Iterable[Span]) -> str:
    """Replace spans; of spans that overlap, the first names the whole stretch.

    Examples:
        >>> redact_text("mail bob@example.com now", [Span(5, 20, "email")])
        'mail [REDACTED:email] now'
    """
    pieces, position = [], 0
    for span in _joined(spans):
        pieces += [text[position : span.start], span.placeholder]
        position = span.end
    return "".join([*pieces, text[position:]])


def redact_json(text: str, spans: Sequence[Span]) -> str:
    """Replace spans inside of JSON; what is no JSON is redacted as text.

    Only what strings say is replaced, never their quotes or a part of an escape; a number, which cannot hold a
    placeholder, becomes a string. Two keys of one object that are both replaced become the same key.

    Examples:
        >>> redact_json('{"phone": 4155552671, "to": "a"}', [Span(10, 20, "phone")])
        '{"phone": "[REDACTED:phone]", "to": "a"}'
    """
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return redact_text(text, spans)
    joined = _joined(spans)
    return _TOKEN.sub(lambda token: _redacted_token(token, joined), text)


def redact_messages(messages: pl.DataFrame, spans: pl.DataFrame) -> pl.DataFrame:
    """Replace the spans of messages, see `scan_messages`.

    Args:
        messages: rows of the table `messages`.
        spans: rows of the table `privacy_spans` for exactly these messages; any subset of what was found will do.

    Returns:
        The messages in their order; those without a span are unchanged.
    """
    owner = ["trajectory_id", "seq"]
    by_message: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
    for span in spans.iter_rows(named=True):
        by_message[span["trajectory_id"], span["seq"]].append(span)
    numbered = messages.with_row_index("row")
    hit = numbered.join(spans.select(owner).unique(), on=owner, how="semi")
    rows = [_redacted(row, by_message[row["trajectory_id"], row["seq"]]) for row in hit.iter_rows(named=True)]
    rest = numbered.join(spans.select(owner).unique(), on=owner, how="anti")
    return pl.concat([rest, pl.DataFrame(rows, schema=hit.schema)]).sort("row").drop("row")


def _redacted(message: dict[str, Any], spans: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    by_place: dict[tuple[str, int | None], list[Span]] = defaultdict(list)
    for span in spans:
        by_place[span["field"], span["call_index"]].append(
            Span(span["start_char"], span["end_char"], span["kind"])
        )
    message = {**message, "tool_calls": [dict(call) for call in message["tool_calls"]]}
    for (field, call_index), places in by_place.items():
        holder = message if call_index is None else message["tool_calls"][call_index]
        name = CALL_FIELDS[field] if call_index is not None else field
        redact = redact_json if field in JSON_FIELDS else redact_text
        holder[name] = redact(holder[name], places)
    return message


def _joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.start < joined[-1].end:
            joined[-1] = joined[-1]._replace(end=max(span.end, joined[-1].end))
        else:
            joined.append(span)
    return joined


def _redacted_token(token: re.Match[str], spans: Sequence[Span]) -> str:
    """Redact one string or scalar of a JSON text."""
    touching = [span for span in spans if span.start < token.end() and token.start() < span.end]
    text = token[0]
    if not touching:
        return text
    if not text.startswith('"'):
        return f'"{touching[0].placeholder}"'
    inside = [_within(text, span, token.start()) for span in touching]
    return redact_text(text, [span for span in inside if span.start < span.end])


def _within(text: str, span: Span, offset: int) -> Span:
    """Bring a span into a string's quotes, and out to the borders of escapes that it cuts."""
    start = max(span.start - offset, 1)
    end = min(span.end - offset, len(text) - 1)
    for escape in _ESCAPE.finditer(text):
        start = escape.start() if escape.start() < start < escape.end() else start
        end = escape.end() if escape.start() < end < escape.end() else end
    return Span(start, end, span.kind)
