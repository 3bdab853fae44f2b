"""Look at a field without taking it: it may tell something about the record, and still belongs where it is."""

from typing import TypeVar

import msgspec

from schemas.rollouts.parts.fields import Fields

T = TypeVar("T")


def peek_raw(fields: Fields, name: str) -> bytes | None:
    """Give a field's exact JSON text; None when absent or null."""
    raw = fields.take_raw(name)
    fields.put(name, None if raw is None else raw.decode())
    return raw


def peek(fields: Fields, name: str, kind: msgspec.json.Decoder[T]) -> T | None:
    """Read a field if it is of a kind; None when absent, null, or of another kind."""
    raw = peek_raw(fields, name)
    value = fields.take_if(name, kind)
    fields.put(name, None if raw is None else raw.decode())
    return value


def peek_inside(fields: Fields, name: str) -> Fields:
    """Open a copy of an object to read what it tells; anything else reads as empty."""
    raw = peek_raw(fields, name) or b"{}"
    return Fields(raw if raw.startswith(b"{") else b"{}", name)
