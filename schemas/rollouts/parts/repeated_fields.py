"""Notice an object that says one name twice: JSON readers keep one of the values, and lose the other without a word.

Nothing is parsed for it. The lengths of an object's names and values and its punctuation add up to its own length,
unless there is space between them, or a name more; only then is it looked at closely. What lies inside a value is not
looked at: a value that nobody opens is kept as it is.
"""

import json
from collections.abc import Mapping
from contextlib import suppress

import msgspec

FIELD_MARKS = len('"":,')
"""The punctuation of one field; the last has no comma, but the object has two braces."""
OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


def repeated_field(raw: bytes | msgspec.Raw, fields: Mapping[str, msgspec.Raw]) -> str | None:
    """Give a name that an object says twice; None when there is none.

    Args:
        raw: the object's JSON text.
        fields: its names and values, as read.

    Examples:
        >>> text = b'{"a": 1, "b": 2, "a": 3}'
        >>> repeated_field(text, msgspec.json.decode(text, type=dict[str, msgspec.Raw]))
        'a'
    """
    left = _length_left(len(raw), fields)
    if left == 0 or not fields or (left == 2 * len(fields) - 1 and _is_spaced(raw, fields)):
        return None
    return _look_closely(bytes(raw))


def _length_left(length: int, fields: Mapping[str, msgspec.Raw]) -> int:
    """Count the bytes that are neither names, values nor punctuation; a name that is not plain ASCII has some more."""
    return length - sum(map(len, fields)) - sum(map(len, fields.values())) - FIELD_MARKS * len(fields) - 1


def _is_spaced(raw: bytes | msgspec.Raw, fields: Mapping[str, msgspec.Raw]) -> bool:
    """Tell whether one space stands behind each colon and comma, as Python writes: the first colon speaks for all."""
    colon = len(next(iter(fields))) + len('{""')
    return bytes(memoryview(raw)[colon : colon + 2]) == b": "


def _look_closely(raw: bytes) -> str | None:
    """Look again without the space; only what still does not add up is read name by name."""
    with suppress(ValueError, RecursionError):
        compact = msgspec.json.format(raw, indent=-1)
        fields = OBJECT.decode(compact)
        beyond_ascii = sum(len(name.encode()) - len(name) for name in fields)
        if _length_left(len(compact), fields) == beyond_ascii:
            return None
        names = [name for name, _ in json.loads(compact, object_pairs_hook=list, parse_int=str)]
        return next((name for index, name in enumerate(names) if name in names[:index]), None)
    return None
