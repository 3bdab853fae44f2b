"""Find what the policy writes of each assistant message: from behind the generation prompt to the turn's end."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from schemas.training.examples import Part
from schemas.training.tokens.borders import Borders, BorderSearch, Neighbours
from schemas.training.tokens.chats import ChatPart
from schemas.training.tokens.placing import Piece, Placed, render_text
from schemas.training.tokens.templates import ChatTemplate, TemplateRefusalError
from schemas.trajectory import Message, Role

PARTS = {
    ChatPart.TEXT: Part.TEXT,
    ChatPart.REASONING: Part.REASONING,
    ChatPart.NAME: Part.CALL,
    ChatPart.ARGUMENTS: Part.CALL,
    ChatPart.VALUE: Part.CALL,
}


@dataclass(frozen=True, slots=True)
class PlacedPart:
    """The pieces of one part of an assistant message."""

    part: Part
    call: int | None
    pieces: tuple[Piece, ...]

    @property
    def begin(self) -> int:
        """First character."""
        return self.pieces[0].begin

    @property
    def end(self) -> int:
        """Behind the last character."""
        return self.pieces[-1].end


@dataclass(frozen=True, slots=True)
class Turn:
    """Where an assistant message stands in a rendered text; all are places of characters."""

    message: int
    header: int
    """Where the template's heading of the turn begins."""
    begin: int
    """First character that the policy writes, behind the generation prompt."""
    token: int
    """First character of the turn's end token; `end` when there is none."""
    end: int
    """Behind the end token: where the policy stops."""
    close: int
    """Behind what the template writes after the end token (often a line break)."""
    parts: tuple[PlacedPart, ...]
    """In the order of the text."""
    is_prompted: bool
    """Whether it opens with the generation prompt as the policy would see it."""


class TurnFinder:
    """Finds turns, and keeps what it has learned about one template's borders."""

    def __init__(self, template: ChatTemplate) -> None:
        self._template = template
        self._borders = Borders(template)

    def find(
        self, placed: Placed, messages: Sequence[Message], tools: str | None, *, only: int | None = None
    ) -> dict[int, Turn | None]:
        """Find the turn of each assistant message, or of only one; null where it cannot be proven."""
        around = _neighbours(placed.pieces)
        search = BorderSearch(borders=self._borders, placed=placed, messages=messages, tools=tools)
        return {
            index: self._turn(search, index, around.get(index))
            for index in (range(len(messages)) if only is None else (only,))
            if messages[index].role is Role.ASSISTANT
        }

    def _turn(self, search: BorderSearch, index: int, near: Neighbours | None) -> Turn | None:
        own = near.own if near else ()
        opening = search.opening(index, near) if near else None
        close = search.close(index, near) if near and opening else None
        if opening is None or close is None:
            whole = self._whole(search, index)
            if whole is None:
                return None
            begin, close, is_prompted = *whole, True
        else:
            begin, is_prompted = opening
        text = search.placed.text
        token, end = self._end_token(text, own[-1].end if own else begin, close)
        return Turn(
            message=index,
            header=self._header(text, begin),
            begin=begin,
            token=token,
            end=end,
            close=close,
            parts=_parts(own),
            is_prompted=is_prompted,
        )

    def _whole(self, search: BorderSearch, index: int) -> tuple[int, int] | None:
        """Take the conversation before and behind the message, when both begin the whole, letter by letter."""
        text, messages = search.placed.text, search.messages
        if not index:
            return None
        try:
            asked = render_text(self._template, messages[:index], search.tools, prompt=True)
            told = render_text(self._template, messages[: index + 1], search.tools)
        except TemplateRefusalError:
            return None
        is_proven = text.startswith(asked) and text.startswith(told) and len(asked) <= len(told)
        return (len(asked), len(told)) if is_proven else None

    def _header(self, text: str, begin: int) -> int:
        heading, earliest = self._template.heading, max(0, begin - len(self._template.prompt))
        at = text.find(heading, earliest, begin) if heading else -1
        return begin if at < 0 else at

    def _end_token(self, text: str, begin: int, close: int) -> tuple[int, int]:
        """Give the last special token of the text that closes a turn; without one all but its outer space."""
        places = ((text.rfind(token, begin, close), token) for token in self._template.special_tokens)
        found = [(at, at + len(token)) for at, token in places if at >= 0]
        if found:
            return max(found, key=lambda place: (place[1], -place[0]))
        end = begin + len(text[begin:close].rstrip())
        return end, end


def _neighbours(pieces: Sequence[Piece]) -> dict[int, Neighbours]:
    """Give each message's pieces with their neighbours; a message whose pieces lie apart is left out."""
    runs = [tuple(run) for _, run in groupby(pieces, key=lambda piece: piece.source.message)]
    found: dict[int, Neighbours] = {}
    apart: set[int] = set()
    for at, run in enumerate(runs):
        message = run[0].source.message
        apart |= {message} & found.keys()
        before = runs[at - 1][-1] if at else None
        after = runs[at + 1][0] if at + 1 < len(runs) else None
        found[message] = Neighbours(before=before, own=run, after=after)
    return {message: near for message, near in found.items() if message not in apart}


def _parts(pieces: Sequence[Piece]) -> tuple[PlacedPart, ...]:
    runs = groupby(pieces, key=lambda piece: (PARTS[piece.source.part], piece.source.call))
    return tuple(PlacedPart(part, call, tuple(run)) for (part, call), run in runs)
