"""How a template opens and closes an assistant's turn, learned from the template itself.

The conversation up to the turn is rendered alone: the text behind its last piece is what the policy is prompted with, or
how the template closes the turn. The same border comes back in every conversation, so it is rendered once and kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.training.tokens.chats import ChatPart
from schemas.training.tokens.placing import Piece, Placed, place, source_text
from schemas.training.tokens.templates import ChatTemplate, TemplateRefusalError
from schemas.trajectory import Message

BorderKind = tuple[str, str] | None
"""Role and part of the piece before a border; null where a message without pieces may hide in it."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The pieces of a message, and the ones next to them in the text."""

    before: Piece | None
    own: tuple[Piece, ...]
    after: Piece | None


class Borders:
    """What is known of one template's borders; it grows with what it is asked."""

    def __init__(self, template: ChatTemplate) -> None:
        self.template = template
        self._openings: dict[BorderKind, dict[str, bool]] = {}
        self._closings: dict[BorderKind, dict[str, None]] = {}

    def openings(self, kind: BorderKind) -> dict[str, bool]:
        """Give the known openings behind a kind of piece, and whether each holds the whole generation prompt."""
        return self._openings.setdefault(kind, {}) if kind else {}

    def closings(self, kind: BorderKind) -> dict[str, None]:
        """Give the known closings behind a kind of piece."""
        return self._closings.setdefault(kind, {}) if kind else {}


@dataclass(frozen=True, kw_only=True)
class BorderSearch:
    """The search for borders in one rendered conversation."""

    borders: Borders
    placed: Placed
    messages: Sequence[Message]
    tools: str | None

    def opening(self, index: int, near: Neighbours) -> tuple[int, bool] | None:
        """Give where the policy begins to write, and whether the whole prompt stands before it.

        Null when what the policy would be prompted with cannot be found before the message.
        """
        text, before = self.placed.text, near.before
        start, limit = 0 if before is None else before.end, near.own[0].begin
        if not index:
            return self._first_opening(start, limit)
        known = self.borders.openings(self._kind(index - 1, before))
        for opening, is_prompted in sorted(known.items(), key=lambda one: -len(one[0])):
            if text.startswith(opening, start) and start + len(opening) <= limit:
                return start + len(opening), is_prompted
        tail = self._tail(index, before, prompt=True)
        if tail is None:
            return None
        opening = shared_start(tail, text[start:limit])
        is_prompted = opening == tail
        if not is_prompted:
            opening = _cut_behind(opening, self.borders.template.heading)
            if not opening:
                return None
        known |= {tail: True, opening: is_prompted}
        return start + len(opening), is_prompted

    def close(self, index: int, near: Neighbours) -> int | None:
        """Give where the template has closed a turn: where the conversation up to it, rendered alone, would end.

        Null when the conversation goes on otherwise than it would end.
        """
        text, last = self.placed.text, near.own[-1]
        if near.after is None and index == len(self.messages) - 1:
            return len(text)
        known = self.borders.closings(
            self._kind(near.after.source.message - 1 if near.after else index, last)
        )
        limit = len(text) if near.after is None else near.after.begin
        for closing in sorted(known, key=len, reverse=True):
            if text.startswith(closing, last.end) and last.end + len(closing) <= limit:
                return last.end + len(closing)
        for prompt in (False, True):
            learned = self._closing(index, last, prompt=prompt)
            if learned is not None and text.startswith(learned, last.end):
                known |= {learned: None} if learned else {}
                return last.end + len(learned)
        return None

    def _first_opening(self, start: int, limit: int) -> tuple[int, bool] | None:
        """Find the generation prompt before a conversation's first message: there is nothing to render before it."""
        prompt = self.borders.template.prompt
        at = self.placed.text.rfind(prompt, start, limit) if prompt else -1
        return (at + len(prompt), True) if at >= 0 else None

    def _closing(self, index: int, last: Piece, *, prompt: bool) -> str | None:
        tail = self._tail(index + 1, last, prompt=prompt)
        asked = self.borders.template.prompt if prompt else ""
        return tail.removesuffix(asked) if tail is not None and tail.endswith(asked) else None

    def _kind(self, adjacent: int, piece: Piece | None) -> BorderKind:
        """Name the kind of border; blank space behind a text would be part of it and make it one of a kind."""
        if piece is None or piece.source.message != adjacent or piece.source.part is ChatPart.VALUE:
            return None
        message, source = self.messages[adjacent], piece.source
        is_to_the_end = source.end == len(source_text(message, source.part, source.call))
        return (message.role.value, source.part.value) if is_to_the_end else None

    def _tail(self, count: int, piece: Piece | None, *, prompt: bool) -> str | None:
        """Render the first messages and give the text behind their last piece, if that is the piece expected."""
        marked = self.placed.marked
        try:
            prefix = place(
                self.borders.template, self.messages[:count], self.tools, prompt=prompt, marked=(marked,)
            )
        except TemplateRefusalError:
            return None
        last = prefix.pieces[-1] if prefix.pieces else None
        if prefix.marked != marked or (last and last.source) != (piece and piece.source):
            return None
        return prefix.text[last.end if last else 0 :]


def shared_start(one: str, other: str) -> str:
    """Give the longest text that both begin with.

    Examples:
        >>> shared_start("<|end|><|start|>", "<|end|>")
        '<|end|>'
    """
    if other.startswith(one):
        return one
    differ = (at for at, (here, there) in enumerate(zip(one, other, strict=False)) if here != there)
    return one[: next(differ, len(other))]


def _cut_behind(opening: str, heading: str) -> str:
    """Cut what a turn shares with the generation prompt behind the heading and its space; "" without a heading."""
    at = opening.rfind(heading) if heading else -1
    if at < 0:
        return ""
    rest = opening[at + len(heading) :]
    return opening[: len(opening) - len(rest.lstrip())]
