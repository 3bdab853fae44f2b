"""Read OTLP JSON: spans and log records with their attributes, whatever they mean.

Source: the OTLP/JSON encoding (opentelemetry-proto 1.x). One file may hold one export request, or one per line, and
the spans of a trace are spread over them in any order. A log record that names a span is one of its events.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.parts.fields import ELEMENTS, INT64_MAX, TEXT, Fields, json_text
from schemas.rollouts.raw.log_lines import read_documents
from schemas.rollouts.traces.llm_payloads import is_structured

INTEGER_TEXT = msgspec.json.Decoder(int, strict=False)
SPAN_NAMES = (("resourceSpans",), ("scopeSpans", "instrumentationLibrarySpans"), ("spans",))
LOG_NAMES = (("resourceLogs",), ("scopeLogs", "instrumentationLibraryLogs"), ("logRecords",))
INTEGER = re.compile(r"-?\d+")
ERROR_CODES = (b"2", b'"STATUS_CODE_ERROR"')


class Attributes:
    """The attributes that nobody has taken yet; like `Fields`, what is left is kept in the source's spelling."""

    def __init__(self, listed: Iterable[Fields]) -> None:
        """Open a list of keys and values; of a key that is there twice the last counts."""
        self._values: dict[str, bytes] = {}
        for entry in listed:
            key = entry.require("key", TEXT)
            self._values[key] = entry.take_raw("value") or b"{}"

    def __iter__(self) -> Iterator[str]:
        """Give the keys."""
        return iter(tuple(self._values))

    def peek_json(self, key: str) -> str | None:
        """Read a value as JSON text: a structured one, or a string that holds an object or an array."""
        raw = self._values.get(key)
        if raw is None:
            return None
        text = value_json(raw, key)
        if not text.startswith('"'):
            return text
        inner = TEXT.decode(text)
        return inner if is_structured(inner) else text

    def peek_text(self, key: str) -> str | None:
        """Read a string."""
        text = value_json(self._values[key], key) if key in self._values else ""
        return TEXT.decode(text) if text.startswith('"') else None

    def take_plain(self, key: str) -> str:
        """Take a value as JSON text; a string stays one, whatever it holds."""
        return value_json(self._values.pop(key, b"{}"), key)

    def take_json(self, key: str) -> str | None:
        """Take a value as JSON text."""
        text = self.peek_json(key)
        self._values.pop(key, None)
        return text

    def take_count(self, *keys: str) -> int | None:
        """Take the first of some names for a number; OTLP writes integers as strings."""
        for key in keys:
            text = value_json(self._values.get(key, b"{}"), key).strip('"')
            if text.isascii() and text.isdigit() and int(text) <= INT64_MAX:
                del self._values[key]
                return int(text)
        return None

    def rest(self) -> str | None:
        """Write what is left as OTLP writes it; None when nothing is."""
        if not self._values:
            return None
        return json_text([{"key": key, "value": msgspec.Raw(raw)} for key, raw in self._values.items()])


class Event(NamedTuple):
    """Something that happened within a span: an event of it, or a log record that names it."""

    name: str
    attributes: Attributes
    fields: Fields

    def take_body(self) -> str | None:
        """Take a log record's body as JSON."""
        raw = self.fields.take_raw("body")
        return None if raw is None else value_json(raw)

    def rest(self) -> str:
        """Write what nobody took of it."""
        self.fields.put("attributes", self.attributes.rest())
        return self.fields.rest() or "{}"


class Span(NamedTuple):
    """One operation of a trace."""

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str | None
    start_ns: int
    is_error: bool
    status_text: str | None
    attributes: Attributes
    events: list[Event]
    fields: Fields

    def rest(self) -> str:
        """Write what nobody took of it."""
        self.fields.put("attributes", self.attributes.rest())
        self.fields.put("events", f"[{','.join(e.rest() for e in self.events)}]" if self.events else None)
        return self.fields.rest() or "{}"


class Export(NamedTuple):
    """All that one file holds."""

    spans: list[Span]
    """By start; of equal starts in file order."""
    origins: list[str]
    """What the spans came from, each once, as JSON: resources, their scopes, and what else a document says."""
    broken: str | None
    """Lines that cannot be read, as a JSON array."""


def read_export(raw: bytes) -> Export:
    """Read a document, an array of documents, or one document per line.

    Raises:
        RecordFault: it is not OTLP.
    """
    documents, broken = read_documents(raw)
    origins: dict[str, None] = {}
    spans: list[Span] = []
    loose: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for index, document in enumerate(documents):
        fields = Fields(document, f"$[{index}]")
        spans += [_span(span) for span in _leaves(fields, SPAN_NAMES, origins)]
        for record in _leaves(fields, LOG_NAMES, origins):
            key = (record.take_if("traceId", TEXT) or "", record.take_if("spanId", TEXT) or "")
            loose[key].append(_event(record))
        _note(origins, fields)
    by_id = {(span.trace_id, span.span_id): span for span in spans}
    for key, events in loose.items():
        if key not in by_id:
            by_id[key] = _spanless(*key)
            spans.append(by_id[key])
        by_id[key].events.extend(events)
    return Export(sorted(spans, key=lambda span: span.start_ns), list(origins), broken)


def value_json(raw: bytes, place: str = "value") -> str:
    """Write an OTLP value (`{"stringValue": ...}`) as plain JSON, numbers in their own spelling.

    Examples:
        >>> value_json(b'{"kvlistValue": {"values": [{"key": "n", "value": {"intValue": "7"}}]}}')
        '{"n":7}'
    """
    fields = Fields(raw, place)
    for kind in ("stringValue", "boolValue", "doubleValue", "bytesValue"):
        text = fields.take_raw(kind)
        if text is not None:
            return text.decode()
    number = fields.take_raw("intValue")
    if number is not None:
        digits = number.decode().strip('"')
        return digits if INTEGER.fullmatch(digits) else number.decode()
    if (array := fields.take_object("arrayValue")) and not array.is_empty:
        return f"[{','.join(value_json(bytes(one)) for one in array.take('values', ELEMENTS) or [])}]"
    pairs = fields.take_object("kvlistValue").take_objects("values")
    values = {pair.require("key", TEXT): value_json(pair.take_raw("value") or b"{}") for pair in pairs}
    return (
        "{" + ",".join(f"{json_text(key)}:{text}" for key, text in values.items()) + "}" if pairs else "null"
    )


def _leaves(document: Fields, names: Sequence[tuple[str, ...]], origins: dict[str, None]) -> Iterator[Fields]:
    """Go down to the spans or log records, and note what they came from."""
    for resource in _take_any(document, names[0]):
        for scope in _take_any(resource, names[1]):
            yield from _take_any(scope, names[2])
            _note(origins, scope)
        _note(origins, resource)


def _take_any(fields: Fields, names: Iterable[str]) -> list[Fields]:
    return [found for name in names for found in fields.take_objects(name)]


def _note(origins: dict[str, None], fields: Fields) -> None:
    rest = fields.rest()
    if rest is not None:
        origins[rest] = None


def _span(fields: Fields) -> Span:
    attributes = Attributes(fields.take_objects("attributes"))
    events = [_event(event) for event in fields.take_objects("events")]
    peek = Fields((fields.rest() or "{}").encode(), "$")
    status = peek.take_object("status")
    return Span(
        trace_id=peek.take("traceId", TEXT) or "",
        span_id=peek.take("spanId", TEXT) or "",
        parent_id=peek.take("parentSpanId", TEXT) or None,
        name=peek.take("name", TEXT),
        start_ns=_nanoseconds(peek.take_raw("startTimeUnixNano")),
        is_error=status.take_raw("code") in ERROR_CODES,
        status_text=status.take_if("message", TEXT),
        attributes=attributes,
        events=events,
        fields=fields,
    )


def _nanoseconds(raw: bytes | None) -> int:
    try:
        return 0 if raw is None else INTEGER_TEXT.decode(raw)
    except msgspec.ValidationError as exc:
        raise RecordFault(RejectReason.UNEXPECTED_SHAPE, f"A span's start: {exc}.") from exc


def _event(fields: Fields) -> Event:
    """Read an event; a log record names itself by a field, or in older versions by an attribute."""
    attributes = Attributes(fields.take_objects("attributes"))
    name = Fields((fields.rest() or "{}").encode(), "event")
    named = (
        name.take_if("name", TEXT) or name.take_if("eventName", TEXT) or attributes.peek_text("event.name")
    )
    return Event(named or "", attributes, fields)


def _spanless(trace_id: str, span_id: str) -> Span:
    """Stand in for a span that another file holds."""
    ids = json_text({"traceId": trace_id, "spanId": span_id})
    return _span(Fields(ids.encode(), "$"))
