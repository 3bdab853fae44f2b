r"""Cut one JSON array, however large, into the exact bytes of its elements, as it streams by.

Only strings, brackets and commas are looked at: an element may be nonsense, which whoever parses it finds out. Of a
valid array the elements are those that msgspec cuts (`list[msgspec.Raw]`), with the space around them.
"""

import re
from collections.abc import Iterable, Iterator

from schemas.rollouts.raw.pieces import Piece

STRING_REST = rb'[^"\\]*+(?:\\.[^"\\]*+)*+'
IN_STRING = re.compile(STRING_REST, re.DOTALL)
# A whole string is one step of the search; the lone quote at the end opens a string that this chunk does not close.
BETWEEN_ELEMENTS = re.compile(rb'"' + STRING_REST + rb'"|[\[\]{},"]', re.DOTALL)
IN_ELEMENT = re.compile(rb'"' + STRING_REST + rb'"|[\[\]{}"]', re.DOTALL)
QUOTE, COMMA = b'"', b","
OPENING = (b"[", b"{")
ARRAY_END = b"]"


class ArrayScanner:
    """Cuts an array, from behind its opening bracket.

    Attributes:
        is_whole: whether the array's closing bracket was seen.
        is_at_end: whether the chunks have ended, which a whole array does not wait for.
        rest: what stands behind that bracket in the chunk that holds it.
    """

    def __init__(self) -> None:
        """Start behind the opening bracket."""
        self.is_whole = False
        self.is_at_end = False
        self.rest = b""
        self._depth = 1
        self._is_in_string = False
        self._unread = b""

    def cut(self, chunks: Iterable[bytes]) -> Iterator[Piece]:
        """Give the elements in pieces, up to the closing bracket; the end of the chunks ends a broken one."""
        for chunk in chunks:
            yield from self._cut_chunk(self._unread + chunk)
            if self.is_whole:
                return
        self.is_at_end = True
        yield Piece(self._unread, ends=True)

    def _cut_chunk(self, chunk: bytes) -> Iterator[Piece]:
        start = position = 0
        while found := self._next_mark(chunk, position):
            mark, position = found
            if mark == COMMA:
                yield Piece(chunk[start : position - 1], ends=True)
                start = position
            elif mark in OPENING:
                self._depth += 1
            elif self._depth > 1:
                self._depth -= 1
            elif mark == ARRAY_END:
                self.is_whole, self.rest = True, chunk[position:]
                yield Piece(chunk[start : position - 1], ends=True)
                return
        end = len(chunk) - len(self._unread)
        yield Piece(chunk[start:end], ends=False)

    def _next_mark(self, chunk: bytes, position: int) -> tuple[bytes, int] | None:
        """Find the next bracket or comma that means something, and the place behind it; None: more bytes are needed."""
        self._unread = b""
        while True:
            if self._is_in_string:
                position = self._skip_string(chunk, position)
                if self._is_in_string:
                    return None
            found = (IN_ELEMENT if self._depth > 1 else BETWEEN_ELEMENTS).search(chunk, position)
            if found is None:
                return None
            position = found.end()
            mark = found.group() if position - found.start() == 1 else b""
            if mark == QUOTE:
                self._is_in_string = True
            elif mark:
                return mark, position

    def _skip_string(self, chunk: bytes, position: int) -> int:
        found = IN_STRING.match(chunk, position)
        end = position if found is None else found.end()
        if chunk[end : end + 1] == QUOTE:
            self._is_in_string = False
            return end + 1
        # A backslash at the very end escapes a byte of the next chunk.
        self._unread = chunk[end:]
        return end
