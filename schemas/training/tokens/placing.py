"""Find where each piece of a conversation stands in the text that a chat template makes of it.

The conversation is rendered twice, once with marks in it. Without its marks the second rendering must be the first,
character for character: this proves that the marks changed nothing, and so that they stand where the pieces stand.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from schemas.training.tokens.chats import ChatPart, Source, parse_arguments, write_chat
from schemas.training.tokens.templates import ChatTemplate, TemplateRefusalError
from schemas.trajectory import Message, Role

FIRST_MARK, LAST_MARK = 0xF0000, 0x10FFFF

MARKED_ROLES = (frozenset(Role), frozenset({Role.ASSISTANT}))
"""Whom to mark: all; where a template reads other roles' texts, only the policy."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of rendered text and what it renders."""

    source: Source
    begin: int
    end: int
    is_exact: bool
    """Whether it is the source, character for character."""


@dataclass(frozen=True)
class Placed:
    """A rendered conversation."""

    text: str
    pieces: tuple[Piece, ...]
    """In the order of the text, none inside another."""
    marked: frozenset[Role]
    """Whose pieces are looked for; empty when marks could not be proven to change nothing."""
    missing: tuple[Source, ...] = ()
    """What was marked and is not in the text."""
    repeated: tuple[Source, ...] = ()


def render_text(
    template: ChatTemplate, messages: Sequence[Message], tools: str | None, *, prompt: bool = False
) -> str:
    """Render a conversation without marks."""
    return _render(template, messages, tools, prompt=prompt)[0]


def place(
    template: ChatTemplate,
    messages: Sequence[Message],
    tools: str | None,
    *,
    prompt: bool = False,
    marked: Sequence[frozenset[Role]] = MARKED_ROLES,
) -> Placed:
    """Render a conversation and find its pieces.

    Args:
        template: the chat template.
        messages: the conversation.
        tools: JSON array of tool schemas, or null.
        prompt: whether the policy is asked to speak at the end.
        marked: whose pieces to look for, the best choice first.

    Raises:
        TemplateRefusalError: the template raised.
    """
    text, fill_content = _render(template, messages, tools, prompt=prompt)
    for roles in marked:
        marks = _Marks(text)
        chat = write_chat(
            messages, arguments=template.arguments, fill_content=fill_content, mark=marks.around, roles=roles
        )
        if marks.is_full:
            break
        try:
            found = marks.find(template.render(chat, tools, prompt=prompt))
        except TemplateRefusalError:
            continue
        if found is not None:
            return _placed(text, messages, roles, marks.sources, found)
    return Placed(text=text, pieces=(), marked=frozenset())


def _render(
    template: ChatTemplate, messages: Sequence[Message], tools: str | None, *, prompt: bool
) -> tuple[str, bool]:
    """Render without content where there is none, and with "" if the template will not have that."""
    try:
        chat = write_chat(messages, arguments=template.arguments, fill_content=False)
        return template.render(chat, tools, prompt=prompt), False
    except TemplateRefusalError:
        if all(message.text is not None for message in messages):
            raise
        chat = write_chat(messages, arguments=template.arguments, fill_content=True)
        return template.render(chat, tools, prompt=prompt), True


class _Marks:
    """Two marks for each source, none of which occurs in the text."""

    def __init__(self, text: str) -> None:
        self._plain = text
        self.sources: list[Source] = []
        self._next, self._behind = _free_marks(text)
        self._first = self._next

    @property
    def is_full(self) -> bool:
        """Whether there were not enough marks."""
        return self._next > self._behind

    def around(self, text: str, source: Source) -> str:
        """Put a mark at either end."""
        self.sources.append(source)
        begin, end = self._next, self._next + 1
        self._next += 2
        return text if self.is_full else f"{chr(begin)}{text}{chr(end)}"

    def find(self, marked: str) -> list[tuple[int, int, int]] | None:
        """Give (source, begin, end) of each found pair; null when the text is another one without the marks."""
        codes = np.frombuffer(marked.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        at = np.flatnonzero((codes >= self._first) & (codes < self._next))
        borders = [-1, *at.tolist(), len(marked)]
        if "".join(marked[begin + 1 : end] for begin, end in pairwise(borders)) != self._plain:
            return None
        marks = (codes[at] - self._first).tolist()
        places = (at - np.arange(len(at))).tolist()
        return [
            (mark // 2, places[index], places[index + 1])
            for index, (mark, after) in enumerate(pairwise(marks))
            if mark % 2 == 0 and after == mark + 1
        ]


def _free_marks(text: str) -> tuple[int, int]:
    """Give the longest run of private-use characters of which the text has none, as a half-open range."""
    used: list[int] = []
    if not text.isascii():
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        used = np.unique(codes[codes >= FIRST_MARK]).tolist()
    runs = ((before + 1, after) for before, after in pairwise([FIRST_MARK - 1, *used, LAST_MARK + 1]))
    return max(runs, key=lambda run: run[1] - run[0])


def _placed(
    text: str,
    messages: Sequence[Message],
    roles: frozenset[Role],
    sources: Sequence[Source],
    found: Sequence[tuple[int, int, int]],
) -> Placed:
    counts = Counter(at for at, *_ in found)
    first = {at: (begin, end) for at, begin, end in reversed(found)}
    pieces = [
        Piece(sources[at], begin, end, _is_same(messages, sources[at], text[begin:end]))
        for at, (begin, end) in first.items()
    ]
    pieces.sort(key=lambda piece: (piece.begin, piece.end))
    return Placed(
        text=text,
        pieces=tuple(_with_arguments(text, messages, pieces)),
        marked=roles,
        missing=tuple(source for at, source in enumerate(sources) if at not in first),
        repeated=tuple(sources[at] for at, count in counts.items() if count > 1),
    )


def _is_same(messages: Sequence[Message], source: Source, rendered: str) -> bool:
    if source.part is ChatPart.VALUE:
        return False
    return (
        source_text(messages[source.message], source.part, source.call)[source.begin : source.end] == rendered
    )


def source_text(message: Message, part: ChatPart, call: int | None) -> str:
    """Give the whole text of a message's part."""
    if part is ChatPart.TEXT:
        return message.text or ""
    if part is ChatPart.REASONING:
        return message.reasoning or ""
    told = message.tool_calls[call or 0]
    return told.name if part is ChatPart.NAME else told.arguments


def _with_arguments(text: str, messages: Sequence[Message], pieces: Sequence[Piece]) -> list[Piece]:
    """Put one piece in the place of a call's values, where its arguments stand as one JSON object."""
    placed: list[Piece] = []
    for index, piece in enumerate(pieces):
        if placed and piece.end <= placed[-1].end and piece.source.part is ChatPart.VALUE:
            continue
        placed.append(piece)
        if piece.source.part is ChatPart.NAME:
            until = next(
                (p.begin for p in pieces[index + 1 :] if p.source.part is not ChatPart.VALUE), len(text)
            )
            whole = _find_arguments(text, messages[piece.source.message], piece, until)
            placed += [] if whole is None else [whole]
    return placed


def _find_arguments(text: str, message: Message, name: Piece, until: int) -> Piece | None:
    call = name.source.call or 0
    raw = message.tool_calls[call].arguments
    parsed = parse_arguments(raw)
    if parsed is None:
        return None
    spelled = json.dumps(parsed, ensure_ascii=False)
    begin = text.find(spelled, name.end, until)
    if begin < 0:
        return None
    source = Source(name.source.message, ChatPart.ARGUMENTS, 0, len(raw), call)
    return Piece(source, begin, begin + len(spelled), spelled == raw)
