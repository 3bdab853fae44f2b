"""Values in JSON and in words that a corruption exchanges or removes, and spellings that do not give it away.

A detector that is trained on corruptions would learn a change of spelling before it learns a wrong value. So a changed
text is written as its source writes, or the place is not used.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from curation.keys import read_json
from schemas.trajectory import Message

MOST_ENTITY_CHARS: Final = 64
"""A longer string is prose, code or a command, and no id, name or number; ours."""
MOST_ENTITY_BLANKS: Final = 4
LEAST_TELLING_CHARS: Final = 3
"""A shorter value is found in texts by chance."""

_STYLES: Final[tuple[dict[str, Any], ...]] = tuple(
    {"ensure_ascii": is_ascii, "separators": separators, "indent": indent}
    for is_ascii in (True, False)
    for separators, indent in (((", ", ": "), None), ((",", ":"), None), ((",", ": "), 2), ((",", ": "), 4))
)
_TOKEN = re.compile(r"[$€£#]?\w*\d(?:[\w.,:/-]*\w)?")
_CLASSES = ((re.compile(r"[^\W\d_a-z]"), "A"), (re.compile(r"[^\W\d_A-Z]"), "a"), (re.compile(r"\d"), "0"))

Path = tuple[str | int, ...]
"""The way to a leaf of a JSON value: keys and places."""
Scalar = str | int | float


def parse(text: str | None) -> Any:
    """Read a JSON object or array; null when the text is neither."""
    if not text or text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return read_json(text)
    except (ValueError, RecursionError):
        return None


def respell(text: str, value: Any, changed: Any) -> str | None:
    """Write a changed value in the style in which the text spells the value; null when the style is not known."""
    for style in _STYLES:
        if json.dumps(value, **style) == text:
            return json.dumps(changed, **style)
    return None


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Scalar]]:
    """Give the strings and numbers of a JSON value, in its own order."""
    if isinstance(value, dict):
        for key, held in value.items():
            yield from leaves(held, (*path, key))
    elif isinstance(value, list):
        for index, held in enumerate(value):
            yield from leaves(held, (*path, index))
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield path, value


def entities(text: str) -> Iterator[tuple[Path, Scalar]]:
    """Give the leaves of JSON arguments that can name a thing: numbers, and strings that are short."""
    for path, value in leaves(parse(text)):
        if not isinstance(value, str) or _is_short(value):
            yield path, value


def place_of(path: Path) -> str:
    """Name the argument that a path leads to; the places of a list are one.

    Examples:
        >>> place_of(("flights", 0, "date"))
        'flights[].date'
    """
    return "".join("[]" if isinstance(key, int) else f".{key}" for key in path).lstrip(".")


def with_leaf(value: Any, path: Path, leaf: Scalar) -> Any:
    """Give a copy of a JSON value with another leaf."""
    if not path:
        return leaf
    copied = value.copy()
    copied[path[0]] = with_leaf(value[path[0]], path[1:], leaf)
    return copied


def without_leaf(value: Any, leaf: Scalar) -> Any:
    """Give a copy of a JSON value without the entries and elements that are this leaf or, being text, hold it."""
    if isinstance(value, dict):
        return {key: without_leaf(held, leaf) for key, held in value.items() if not _tells(held, leaf)}
    if isinstance(value, list):
        return [without_leaf(held, leaf) for held in value if not _tells(held, leaf)]
    return value


def mentions(text: str | None, value: Scalar) -> bool:
    """Tell whether a text holds a value as a whole word; values that are too short for that are held by none."""
    spelled = str(value)
    return (
        bool(text)
        and len(spelled) >= LEAST_TELLING_CHARS
        and spelled in str(text)
        and _word(spelled).search(str(text)) is not None
    )


def _word(spelled: str) -> re.Pattern[str]:
    """Make the pattern of a value as a whole word."""
    return re.compile(rf"(?<!\w){re.escape(spelled)}(?!\w)")


def exchanged(text: str | None, value: Scalar, other: Scalar) -> str:
    """Put another value in the place of every mention of a value."""
    return _word(str(value)).sub(lambda _: str(other), text or "")


def tokens(text: str) -> list[str]:
    """List the ids, amounts, dates and numbers of a text once each: words with a digit, in order."""
    found = (match.group() for match in _TOKEN.finditer(text))
    return [token for token in dict.fromkeys(found) if len(token) >= LEAST_TELLING_CHARS]


def shape(token: str) -> str:
    """Tell what a token looks like.

    Examples:
        >>> shape("HAT156"), shape("$1,200.50")
        ('AAA000', '$0,000.00')
    """
    for pattern, sign in _CLASSES:
        token = pattern.sub(sign, token)
    return token


def with_text(message: Message, text: str) -> Message | None:
    """Give a message other words; null when its content has parts that they do not fit."""
    if message.content_json is None:
        return msgspec.structs.replace(message, text=text)
    value = parse(message.content_json)
    paths = [path for path, leaf in leaves(value) if leaf == message.text]
    spelled = (
        respell(message.content_json, value, with_leaf(value, paths[0], text)) if len(paths) == 1 else None
    )
    return None if spelled is None else msgspec.structs.replace(message, text=text, content_json=spelled)


def _is_short(value: str) -> bool:
    return (
        0 < len(value) <= MOST_ENTITY_CHARS
        and "\n" not in value
        and value.count(" ") <= MOST_ENTITY_BLANKS
        and bool(value.strip())
    )


def _tells(held: Any, leaf: Scalar) -> bool:
    return held == leaf or (isinstance(held, str) and mentions(held, leaf))
