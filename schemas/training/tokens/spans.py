"""Turn a message's label with its spans into weights of the characters of its turn.

The template's own text inside a turn has to belong to someone. What opens a part (`<think>`, `<tool_call>`) and what
closes it belongs to that part; where one text between two parts does both and cannot be told apart, it is trained only
if both are. The end token belongs to the message as a whole.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

from schemas.training.examples import Label, Part, Span
from schemas.training.tokens.borders import shared_start
from schemas.training.tokens.chats import ChatPart
from schemas.training.tokens.placing import Piece, source_text
from schemas.training.tokens.turns import PlacedPart, Turn
from schemas.trajectory import Message

JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[-+0-9.eE]+|[a-zA-Z]+|[{}\[\]:,]')


@dataclass(frozen=True, slots=True)
class Stretch:
    """Characters of a turn with one weight; a later one covers an earlier one."""

    begin: int
    end: int
    weight: float
    """0 is not trained."""
    part: Part | None
    """Null for the end token."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """A part with the template's text around it that is its own."""

    placed: PlacedPart
    begin: int
    end: int


def weigh_turn(
    text: str, turn: Turn, message: Message, label: Label, *, end_weight: float, end: int
) -> tuple[list[Stretch], list[Span]]:
    """Weigh the characters of a turn.

    Args:
        text: the rendered conversation.
        turn: where the message stands in it.
        message: the message.
        label: what of it is trained.
        end_weight: weight of the end token, 0 or the message's own.
        end: behind the last character that is trained as the end: the end token's, or the whole closing's.

    Returns:
        The stretches, and the spans whose characters could not be found: their parts are not trained.
    """
    own = label.weight if label.is_trained else 0.0
    frames = _frames(text, turn)
    weights = [_frame_weight(frame.placed, label, own) for frame in frames]
    stretches = [
        Stretch(frame.begin, frame.end, weight, frame.placed.part)
        for frame, weight in zip(frames, weights, strict=True)
    ]
    stretches += [
        Stretch(before.end, after.begin, min(weights[at : at + 2]), None)
        for at, (before, after) in enumerate(pairwise(frames))
        if before.end < after.begin
    ]
    lost: list[Span] = []
    for frame in frames:
        found, unplaced = _span_stretches(text, frame, message, label)
        stretches += found
        lost += unplaced
    if not frames:
        stretches.append(Stretch(turn.begin, turn.token, own, None))
    stretches.append(Stretch(turn.token, end, end_weight, None))
    return stretches, lost


def _frames(text: str, turn: Turn) -> list[_Frame]:
    """Divide a turn up to its end token among its parts; what cannot be told apart is between two frames."""
    if not turn.parts:
        return []
    call_closing = text[turn.parts[-1].end : turn.token] if turn.parts[-1].part is Part.CALL else ""
    begins, ends = [turn.begin], []
    for before, after in pairwise(turn.parts):
        end, begin = _divide(text, before, after, call_closing)
        ends.append(end)
        begins.append(begin)
    ends.append(turn.token)
    return [_Frame(placed, begin, end) for placed, begin, end in zip(turn.parts, begins, ends, strict=True)]


def _divide(text: str, before: PlacedPart, after: PlacedPart, call_closing: str) -> tuple[int, int]:
    """Say where the template's closing of one part ends, and where its opening of the next begins."""
    gap = text[before.end : after.begin]
    if before.part is Part.TEXT:
        return before.end, before.end
    if before.part is Part.REASONING and after.part is Part.TEXT:
        return after.begin, after.begin
    if before.part is Part.CALL and after.part is Part.CALL:
        shared = shared_start(gap, call_closing)
        if shared and shared == call_closing:
            return before.end + len(shared), before.end + len(shared)
    return before.end, after.begin


def _is_whole(span: Span) -> bool:
    return span.begin == 0 and span.end is None


def _frame_weight(placed: PlacedPart, label: Label, own: float) -> float:
    """Give what the last span over the whole part says, else the message's own weight."""
    whole = [
        span
        for span in label.spans
        if _is_whole(span) and (span.part, span.call) == (placed.part, placed.call)
    ]
    return _weight(whole[-1]) if whole else own


def _weight(span: Span) -> float:
    return span.weight if span.is_trained else 0.0


def _span_stretches(
    text: str, frame: _Frame, message: Message, label: Label
) -> tuple[list[Stretch], list[Span]]:
    placed = frame.placed
    spans = [span for span in label.spans if (span.part, span.call) == (placed.part, placed.call)]
    found: list[Stretch] = []
    lost: list[Span] = []
    for span in spans:
        if _is_whole(span):
            found.append(Stretch(frame.begin, frame.end, _weight(span), placed.part))
            continue
        places = _span_places(text, frame, message, span)
        if places is None:
            lost.append(span)
        else:
            found += [Stretch(begin, end, _weight(span), placed.part) for begin, end in places]
    if lost:
        return [Stretch(frame.begin, frame.end, 0.0, placed.part)], lost
    return found, []


def _span_places(text: str, frame: _Frame, message: Message, span: Span) -> list[tuple[int, int]] | None:
    """Give the rendered characters of a span; null when what it touches is not placed letter by letter."""
    part = ChatPart.ARGUMENTS if span.part is Part.CALL else ChatPart(span.part.value)
    source = source_text(message, part, span.call)
    end = len(source) if span.end is None else min(span.end, len(source))
    pieces = [piece for piece in frame.placed.pieces if piece.source.part is part]
    if not pieces and source.strip():
        return None
    found: list[tuple[int, int]] = []
    for piece in pieces:
        places = _exact_places(text, piece, source, frame)
        if not places:
            return None
        inside = [
            (rendered + max(span.begin, begin) - begin, rendered + min(end, until) - begin)
            for rendered, begin, until in places
            if max(span.begin, begin) < min(end, until)
        ]
        found += [(inside[0][0], inside[-1][1])] if inside else []
    return found


def _exact_places(text: str, piece: Piece, source: str, frame: _Frame) -> list[tuple[int, int, int]]:
    """Give (rendered place, begin, end in the source) of what is there letter by letter, outer space included."""
    begin, end = piece.source.begin, piece.source.end
    if not piece.is_exact:
        return _token_places(text[piece.begin : piece.end], piece.begin, source)
    rendered, until = piece.begin, piece.end
    while (
        begin > 0
        and rendered > frame.begin
        and source[begin - 1] == text[rendered - 1]
        and source[begin - 1].isspace()
    ):
        begin, rendered = begin - 1, rendered - 1
    while end < len(source) and until < frame.end and source[end] == text[until] and source[end].isspace():
        end, until = end + 1, until + 1
    return [(rendered, begin, end)]


def _token_places(rendered: str, at: int, source: str) -> list[tuple[int, int, int]]:
    """Pair the tokens of two spellings of one JSON text; nothing when one of them is spelled differently."""
    ours, theirs = list(JSON_TOKEN.finditer(rendered)), list(JSON_TOKEN.finditer(source))
    if [token.group() for token in ours] != [token.group() for token in theirs]:
        return []
    pairs = zip(ours, theirs, strict=True)
    return [(at + here.start(), there.start(), there.end()) for here, there in pairs]
