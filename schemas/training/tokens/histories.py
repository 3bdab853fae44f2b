"""Rows in which each trained turn stands behind the very text that the policy would see.

Many templates render a turn otherwise once others follow it: Qwen3 drops earlier reasoning at the next user message,
gpt-oss when the final answer comes. A row then holds a run of turns: it grows as long as the next turn's prompt begins
with the row so far, letter by letter, and else the next turn begins a row of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from schemas.training.tokens.checks import check_arguments, check_pieces, check_turns
from schemas.training.tokens.findings import Finding, FindingKind
from schemas.training.tokens.labelling import Laid
from schemas.training.tokens.placing import Piece, Placed, place, render_text
from schemas.training.tokens.templates import ChatTemplate, TemplateRefusalError
from schemas.training.tokens.turns import PlacedPart, Turn, TurnFinder
from schemas.trajectory import Message, Role


@dataclass
class _Run:
    """A row that may still grow."""

    text: str
    turns: dict[int, Turn]
    findings: list[Finding]


def sampled_texts(
    template: ChatTemplate,
    finder: TurnFinder,
    messages: Sequence[Message],
    tools: str | None,
    *,
    trained: Sequence[int],
) -> list[Laid]:
    """Render the trained turns, each once, behind what the policy would have seen.

    Args:
        template: the chat template.
        finder: finds turns.
        messages: the conversation.
        tools: JSON array of tool schemas, or null.
        trained: indexes of the messages with loss, ascending.

    Raises:
        TemplateRefusalError: the template raised.
    """
    runs: list[_Run] = []
    lost: list[Finding] = []
    for index in trained:
        context = render_text(template, messages[:index], tools, prompt=True) if index else ""
        told = _tell(template, finder, messages[: index + 1], tools)
        if told is None:
            lost.append(Finding(FindingKind.TURN_NOT_PLACED, messages[index].seq))
            continue
        placed, turn, findings = told
        if not runs or not context.startswith(runs[-1].text):
            runs.append(_Run("", {}, []))
        run = runs[-1]
        run.turns[index] = _moved(turn, len(context) - turn.begin)
        run.text = context + placed.text[turn.begin :]
        run.findings += findings
    laid = [_finish(template, messages, tools, run) for run in runs]
    if laid and lost:
        laid[0] = replace(laid[0], findings=(*laid[0].findings, *lost))
    return laid


def _tell(
    template: ChatTemplate, finder: TurnFinder, messages: Sequence[Message], tools: str | None
) -> tuple[Placed, Turn, list[Finding]] | None:
    """Render a conversation that ends with a turn, and find that turn."""
    index = len(messages) - 1
    placed = place(template, messages, tools)
    turn = finder.find(placed, messages, tools, only=index)[index]
    if turn is None:
        return None
    turns: dict[int, Turn | None] = {index: turn}
    findings = [
        *check_pieces(_only(placed, index), messages),
        *check_turns(turns, messages),
        *check_arguments(template, placed, turns, messages),
    ]
    return placed, turn, [finding for finding in findings if finding.seq == messages[index].seq]


def _only(placed: Placed, index: int) -> Placed:
    """Keep what is known of one message."""
    return replace(
        placed,
        pieces=tuple(piece for piece in placed.pieces if piece.source.message == index),
        missing=tuple(source for source in placed.missing if source.message == index),
        repeated=tuple(source for source in placed.repeated if source.message == index),
    )


def _moved(turn: Turn, by: int) -> Turn:
    return replace(
        turn,
        header=turn.header + by,
        begin=turn.begin + by,
        token=turn.token + by,
        end=turn.end + by,
        close=turn.close + by,
        parts=tuple(
            PlacedPart(part.part, part.call, tuple(_moved_piece(piece, by) for piece in part.pieces))
            for part in turn.parts
        ),
    )


def _moved_piece(piece: Piece, by: int) -> Piece:
    return replace(piece, begin=piece.begin + by, end=piece.end + by)


def _finish(template: ChatTemplate, messages: Sequence[Message], tools: str | None, run: _Run) -> Laid:
    """Say of each character of a finished row whose it is: the last prompt is all of it but the last turn."""
    last = max(run.turns)
    pieces: tuple[Piece, ...] = ()
    try:
        if last:
            pieces = place(template, messages[:last], tools, prompt=True).pieces
    except TemplateRefusalError:
        pieces = ()
    own = tuple(piece for part in run.turns[last].parts for piece in part.pieces)
    turns: dict[int, Turn | None] = dict(run.turns)
    return Laid(
        placed=Placed(text=run.text, pieces=(*pieces, *own), marked=frozenset(Role)),
        turns=turns,
        trained=frozenset(run.turns),
        findings=tuple(run.findings),
    )
