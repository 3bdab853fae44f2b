"""Label each character of a rendered conversation: weight, advantage, whose it is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from schemas.training.examples import Label, Part
from schemas.training.tokens.checks import check_arguments, check_pieces, check_turns
from schemas.training.tokens.encoding import LabelledText
from schemas.training.tokens.findings import UNTRAINED, Finding, FindingKind
from schemas.training.tokens.placing import Placed, place
from schemas.training.tokens.rows import TokenKind
from schemas.training.tokens.spans import Stretch, weigh_turn
from schemas.training.tokens.templates import ChatTemplate
from schemas.training.tokens.turns import Turn, TurnFinder
from schemas.trajectory import Message

Ending = Literal["none", "token", "turn"]

KINDS = {
    Part.TEXT: TokenKind.TEXT,
    Part.REASONING: TokenKind.REASONING,
    Part.CALL: TokenKind.CALL,
    None: TokenKind.TURN,
}


@dataclass(frozen=True, kw_only=True)
class Laid:
    """A rendered conversation with its turns."""

    placed: Placed
    turns: Mapping[int, Turn | None]
    """Per index of an assistant message; null where it cannot be proven where it stands."""
    trained: frozenset[int] | None
    """Indexes of the messages whose loss belongs to this text; null means all."""
    findings: tuple[Finding, ...]


def lay_out(
    template: ChatTemplate, finder: TurnFinder, messages: Sequence[Message], tools: str | None
) -> Laid:
    """Render a whole conversation and find its turns.

    Raises:
        TemplateRefusalError: the template raised.
    """
    placed = place(template, messages, tools)
    turns = finder.find(placed, messages, tools)
    findings = (
        *check_pieces(placed, messages),
        *check_turns(turns, messages),
        *check_arguments(template, placed, turns, messages),
    )
    return Laid(placed=placed, turns=turns, trained=None, findings=findings)


def label_text(
    laid: Laid,
    messages: Sequence[Message],
    label_of: Callable[[Message], Label],
    *,
    ending: Ending,
    has_advantages: bool,
) -> tuple[LabelledText, list[Finding]]:
    """Label the characters of a rendered conversation.

    Args:
        laid: the rendered conversation.
        messages: its messages.
        label_of: gives a message's label.
        ending: how much of a turn's closing is trained with it.
        has_advantages: whether any label has one.
    """
    paint = _Paint(laid, messages, has_advantages=has_advantages)
    findings = list(laid.findings)
    spoilt = {finding.seq for finding in findings if finding.kind in UNTRAINED}
    for index, turn in laid.turns.items():
        message = messages[index]
        if turn is None:
            continue
        is_trained = laid.trained is None or index in laid.trained
        label = (
            label_of(message)
            if is_trained and message.seq not in spoilt
            else Label(is_trained=False, weight=0.0)
        )
        end_weight = label.weight if label.is_trained and ending != "none" else 0.0
        end = turn.close if ending == "turn" else turn.end
        stretches, lost = weigh_turn(laid.placed.text, turn, message, label, end_weight=end_weight, end=end)
        findings += [Finding(FindingKind.SPAN_NOT_PLACED, message.seq, span.call, str(span)) for span in lost]
        paint.turn(turn, message, stretches, label.advantage)
    return paint.text(), findings


class _Paint:
    """The arrays of one text, filled turn by turn."""

    def __init__(self, laid: Laid, messages: Sequence[Message], *, has_advantages: bool) -> None:
        self._text = laid.placed.text
        count = len(self._text)
        self._weights = np.zeros(count, dtype=np.float32)
        self._advantages = np.full(count, np.nan, dtype=np.float32) if has_advantages else None
        self._seqs = np.full(count, -1, dtype=np.int32)
        self._kinds = np.full(count, TokenKind.SCAFFOLD, dtype=np.int8)
        self._borders: list[int] = []
        for piece in laid.placed.pieces:
            self._seqs[piece.begin : piece.end] = messages[piece.source.message].seq
            self._kinds[piece.begin : piece.end] = TokenKind.CONTEXT

    def turn(
        self, turn: Turn, message: Message, stretches: Sequence[Stretch], advantage: float | None
    ) -> None:
        """Paint one turn."""
        self._borders += [turn.header, turn.close]
        self._seqs[turn.begin : turn.end] = message.seq
        for stretch in stretches:
            self._weights[stretch.begin : stretch.end] = stretch.weight
            self._kinds[stretch.begin : stretch.end] = KINDS[stretch.part]
        if self._advantages is not None and advantage is not None:
            self._advantages[turn.begin : turn.close] = advantage

    def text(self) -> LabelledText:
        """Give what was painted."""
        return LabelledText(
            text=self._text,
            weights=self._weights,
            advantages=self._advantages,
            seqs=self._seqs,
            kinds=self._kinds,
            borders=sorted(self._borders),
            prompt_end=min(self._borders, default=len(self._text)),
        )
