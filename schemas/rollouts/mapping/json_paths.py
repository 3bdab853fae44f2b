r"""Values of one record by JSONPath, and what is left when some of them were taken.

The subset of RFC 9535 that a mapping needs: `$` (the value itself), `.name`, `['any name']` or `["any name"]` (a
backslash escapes), `[0]` (an element, from 0) and `[*]` (every element). No filters, slices, unions, `..` or
negative indices. Ready-made JSONPath libraries read parsed values; here each value keeps its exact spelling (`1.50`,
20-digit integers), and what nobody takes can be written again.
"""

import re
from collections.abc import Iterator
from typing import TypeVar

import msgspec

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.parts.fields import json_text

T = TypeVar("T")

ALLOWED = "`$`, `.name`, `['any name']`, `[0]` and `[*]`, as in `$.run.turns[*]`"
PLAIN_NAME = re.compile(r"[^\W\d]\w*(?:-\w+)*")
_PART = re.compile(
    r"\.(?P<name>[\w-]+)|\[(?P<index>\d+)\]|\[(?P<every>\*)\]"
    r"|\['(?P<single>(?:[^'\\]|\\.)*)'\]|\[\"(?P<double>(?:[^\"\\]|\\.)*)\"\]",
    re.DOTALL,
)
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])


class JsonPath:
    """A path to one value, or with `[*]` to several; equal when written alike.

    No dataclass: msgspec would then read it as an object.
    """

    def __init__(self, text: str) -> None:
        """Read a path.

        Raises:
            ValueError: it is no path, or is more than the subset.

        Examples:
            >>> JsonPath("$.runs[0]['a key'][*]").parts
            ('runs', 0, 'a key', None)
        """
        self.text = text
        self.parts = tuple(_parts(text))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JsonPath) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"JsonPath({self.text!r})"

    @property
    def is_many(self) -> bool:
        """True when it may lead to several values."""
        return None in self.parts


def child_path(path: str, name: str) -> str:
    """Write the path of a field.

    Examples:
        >>> print(child_path("$.a", "b"), child_path("$", "a key"))
        $.a.b $['a key']
    """
    if PLAIN_NAME.fullmatch(name):
        return f"{path}.{name}"
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    return f"{path}['{escaped}']"


class Node:
    """One value of a record, in its exact spelling, with the values inside it.

    Like `Fields`, it takes a null for absent.
    """

    def __init__(self, raw: bytes | msgspec.Raw, place: str) -> None:
        """Hold a value, unread.

        Args:
            raw: its JSON text.
            place: where it lies in the record, for messages.
        """
        self.raw = bytes(raw)
        self.place = place
        self._inner: dict[str, Node] | list[Node] | None = None
        self._is_taken = False

    @property
    def is_null(self) -> bool:
        """True for null."""
        return self.raw == b"null"

    @property
    def elements(self) -> "list[Node] | None":
        """The elements of an array; None for any other value."""
        inner = self._open()
        return inner if isinstance(inner, list) else None

    @property
    def is_whole(self) -> bool:
        """True when nothing was taken, neither itself nor anything in it."""
        inner = self._inner.values() if isinstance(self._inner, dict) else self._inner or ()
        return not self._is_taken and all(node.is_whole for node in inner)

    def all_at(self, path: JsonPath) -> "list[Node]":
        """Give the values that a path leads to, nulls too; none where it leads nowhere."""
        found = [self]
        for part in path.parts:
            found = [inner for node in found for inner in node.inside(part)]
        return found

    def at(self, path: JsonPath) -> "Node | None":
        """Give the first value that a path leads to, past nulls, which count as taken; None where there is none."""
        for node in self.all_at(path):
            if not node.is_null:
                return node
            node.take()
        return None

    def inside(self, part: str | int | None) -> "list[Node]":
        """Give what one part of a path leads to: a field, an element, or with None every element."""
        inner = self._open()
        if isinstance(inner, dict):
            return [inner[part]] if isinstance(part, str) and part in inner else []
        if not inner or isinstance(part, str):
            return []
        return inner if part is None else inner[part : part + 1]

    def read(self, kind: msgspec.json.Decoder[T]) -> T:
        """Read the value and leave it.

        Raises:
            RecordFault: `unexpected_shape`.
        """
        try:
            return kind.decode(self.raw)
        except msgspec.ValidationError as exc:
            raise self.fault(f"{exc}.") from exc

    def take(self) -> bytes:
        """Give the exact JSON text, and do not count the value as left over any more."""
        self._is_taken = True
        return self.raw

    def rest(self) -> str | None:
        """Write what was not taken; None when nothing is left.

        A field that was taken is gone; an element that was taken leaves a null, so that the others keep their places.
        """
        if self._is_taken:
            return None
        if self.is_whole:
            return self.raw.decode()
        if isinstance(self._inner, dict):
            fields = {name: node.rest() for name, node in self._inner.items()}
            left = {name: msgspec.Raw(text) for name, text in fields.items() if text is not None}
            return json_text(left) if left else None
        elements = [node.rest() for node in self._inner or ()]
        is_left = any(text is not None for text in elements)
        return json_text([msgspec.Raw(text or "null") for text in elements]) if is_left else None

    def fault(self, detail: str, reason: RejectReason = RejectReason.UNEXPECTED_SHAPE) -> RecordFault:
        """Make a fault that names this value's place."""
        return RecordFault(reason, f"{self.place}: {detail}")

    def _open(self) -> "dict[str, Node] | list[Node] | None":
        if self._inner is None and self.raw.startswith(b"{"):
            fields = _OBJECT.decode(self.raw)
            self._inner = {name: Node(raw, child_path(self.place, name)) for name, raw in fields.items()}
        elif self._inner is None and self.raw.startswith(b"["):
            elements = _ARRAY.decode(self.raw)
            self._inner = [Node(raw, f"{self.place}[{index}]") for index, raw in enumerate(elements)]
        return self._inner


def _parts(text: str) -> Iterator[str | int | None]:
    """Give names of fields, indices, and None for every element."""
    position = 1
    while text.startswith("$") and position < len(text):
        part = _PART.match(text, position)
        if part is None:
            break
        yield _part(part)
        position = part.end()
    if not text.startswith("$") or position < len(text):
        raise ValueError(f"{text!r} is not a path, from {text[position - 1 :][:20]!r} on. Allowed: {ALLOWED}")


def _part(match: re.Match[str]) -> str | int | None:
    if match["index"] is not None:
        return int(match["index"])
    if match["every"] is not None:
        return None
    quoted = match["single"] if match["double"] is None else match["double"]
    return match["name"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)
