"""Content that is a list of typed parts, as Anthropic's blocks and OpenAI's Responses items have it.

A lone text is a message's `text`; anything else (several texts, media) is content of its own shape, kept exactly. What
is left of parts that columns hold (citations, signatures) is listed in their order.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from schemas.rollouts.parts.fields import ELEMENTS, TEXT, Fields, json_text
from schemas.rollouts.parts.peeking import peek_raw

TEXT_KINDS = frozenset({"text", "input_text", "output_text", "summary_text", "reasoning_text"})
OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Part(NamedTuple):
    """One part of a message's content."""

    kind: str
    raw: bytes
    """All of it, in the source's own spelling."""
    fields: Fields
    """Its fields without `type`."""


def take_parts(fields: Fields, name: str) -> list[Part] | None:
    """Take a list of parts; None for a field that is no list, which stays untouched.

    Raises:
        RecordFault: an element is neither a string nor an object with a `type`.
    """
    raw = peek_raw(fields, name)
    if raw is None or not raw.startswith(b"["):
        return None
    texts = [bytes(text) for text in ELEMENTS.decode(raw)]
    fields.put(name, json_text([msgspec.Raw(_as_object(text)) for text in texts]))
    opened = fields.take_objects(name)
    return [Part(part.require("type", TEXT), text, part) for text, part in zip(texts, opened, strict=True)]


def read_words(parts: Sequence[Part]) -> tuple[str | None, str | None]:
    """Read what somebody says.

    Returns:
        The text (several are joined by line ends), and the exact JSON of parts that are not one plain text.
    """
    if not parts:
        return None, None
    if len(parts) == 1 and parts[0].kind in TEXT_KINDS:
        return parts[0].fields.take("text", TEXT), None
    texts = [text for part in parts if (text := _text(part)) is not None]
    raws = ",".join(part.raw.decode() for part in parts)
    return "\n".join(texts) if texts else None, f"[{raws}]"


def read_any_content(fields: Fields, name: str) -> tuple[str | None, str | None]:
    """Read content of any shape: a string, parts, or JSON of its own shape; what is left of a lone text stays.

    Returns:
        The text, and the exact JSON of what is not one plain text.
    """
    raw = peek_raw(fields, name)
    if raw is None:
        return None, None
    parts = take_parts(fields, name)
    if parts:
        text, content_json = read_words(parts)
        left = [part.fields.rest() for part in parts]
        fields.put(name, None if content_json else list_left(parts, left))
        return text, content_json
    fields.take_raw(name)
    return (TEXT.decode(raw), None) if raw.startswith(b'"') else (None, raw.decode())


def list_left(parts: Sequence[Part], left: Sequence[str | None]) -> str | None:
    """List what is left of each part, with its type; None when nothing is left of any."""
    if not any(left):
        return None
    entries = (typed_object(part.kind, rest) for part, rest in zip(parts, left, strict=True))
    return f"[{','.join(entries)}]"


def typed_object(kind: str, rest: str | None) -> str:
    """Write an object that begins with its type.

    Examples:
        >>> typed_object("thinking", '{"signature":"x"}')
        '{"type":"thinking","signature":"x"}'
    """
    return join_objects(json_text({"type": kind}), rest) or ""


def join_objects(one: str | None, other: str | None) -> str | None:
    """Join two JSON objects that have no name in common; None is an empty one."""
    if one is None or other is None:
        return one or other
    return json_text(OBJECT.decode(one) | OBJECT.decode(other))


def _as_object(text: bytes) -> bytes:
    """Spell a part out that is a bare string."""
    return b'{"type":"text","text":%s}' % text if text.startswith(b'"') else text


def _text(part: Part) -> str | None:
    """Give a part's words without taking them; a refusal is words too."""
    parsed = msgspec.json.decode(_as_object(part.raw))
    text = parsed.get("refusal") if part.kind == "refusal" else parsed.get("text")
    return text if isinstance(text, str) else None
