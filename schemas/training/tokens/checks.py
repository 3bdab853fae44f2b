"""Say what a template did to a conversation's messages, piece by piece."""

import json
from collections.abc import Iterator, Mapping, Sequence

from schemas.training.tokens.chats import ChatPart, Source, parse_arguments
from schemas.training.tokens.findings import Finding, FindingKind
from schemas.training.tokens.placing import Piece, Placed, source_text
from schemas.training.tokens.spans import JSON_TOKEN
from schemas.training.tokens.templates import ChatTemplate
from schemas.training.tokens.turns import Turn
from schemas.trajectory import Message, Role

DROPPED = {
    ChatPart.TEXT: FindingKind.TEXT_DROPPED,
    ChatPart.REASONING: FindingKind.REASONING_DROPPED,
    ChatPart.NAME: FindingKind.CALL_DROPPED,
    ChatPart.ARGUMENTS: FindingKind.ARGUMENTS_CHANGED,
    ChatPart.VALUE: FindingKind.ARGUMENTS_CHANGED,
}


def check_pieces(placed: Placed, messages: Sequence[Message]) -> Iterator[Finding]:
    """Report what is missing, repeated, rewritten or flattened."""
    no_names = {(source.message, source.call) for source in placed.missing if source.part is ChatPart.NAME}
    for source in placed.missing:
        if source.part is ChatPart.NAME or (source.message, source.call) not in no_names:
            yield _finding(DROPPED[source.part], source, messages)
    for source in placed.repeated:
        yield _finding(FindingKind.PART_REPEATED, source, messages)
    for piece in placed.pieces:
        is_words = piece.source.part in {ChatPart.TEXT, ChatPart.REASONING, ChatPart.NAME}
        if is_words and not piece.is_exact:
            yield _finding(FindingKind.TEXT_CHANGED, piece.source, messages)
    for message in messages:
        if message.content_json is not None:
            yield Finding(FindingKind.CONTENT_PARTS_FLATTENED, message.seq)


def check_turns(turns: Mapping[int, Turn | None], messages: Sequence[Message]) -> Iterator[Finding]:
    """Report turns that were not found, do not open as the policy is prompted, or have no end token."""
    for index, turn in turns.items():
        if turn is None:
            yield Finding(FindingKind.TURN_NOT_PLACED, messages[index].seq)
            continue
        if not turn.is_prompted:
            yield Finding(FindingKind.PROMPT_DIFFERS, messages[index].seq)
        if turn.token == turn.end:
            yield Finding(FindingKind.END_TOKEN_MISSING, messages[index].seq)


def check_arguments(
    template: ChatTemplate, placed: Placed, turns: Mapping[int, Turn | None], messages: Sequence[Message]
) -> Iterator[Finding]:
    """Compare the arguments of each rendered call with the raw string, key by key."""
    if template.arguments == "string":
        return
    whole = {
        (piece.source.message, piece.source.call): piece
        for piece in placed.pieces
        if piece.source.part is ChatPart.ARGUMENTS
    }
    for index, message in enumerate(messages):
        turn = turns.get(index)
        if message.role is not Role.ASSISTANT or turn is None:
            continue
        for at in range(len(message.tool_calls)):
            found = _check_call(placed.text, message, at, whole.get((index, at)), turn)
            if found is not None:
                yield found


def _check_call(text: str, message: Message, at: int, piece: Piece | None, turn: Turn) -> Finding | None:
    raw = message.tool_calls[at].arguments
    parsed = parse_arguments(raw)
    if parsed is None:
        return Finding(FindingKind.ARGUMENTS_NOT_JSON, message.seq, at, raw[:80])
    if piece is None:
        written = text[turn.begin : turn.end]
        lost = [key for key, value in parsed.items() if key not in written or _spelled(value) not in written]
        kind = FindingKind.ARGUMENTS_CHANGED if lost else FindingKind.ARGUMENTS_RESPELLED
        return Finding(kind, message.seq, at, ", ".join(lost)[:200])
    if piece.is_exact:
        return None
    is_same = _values(text[piece.begin : piece.end]) == _values(raw)
    kind = FindingKind.ARGUMENTS_RESPELLED if is_same else FindingKind.ARGUMENTS_CHANGED
    return Finding(kind, message.seq, at)


def _spelled(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _values(spelled: str) -> list[object]:
    """Give the tokens of a JSON text as values, so that a doubled key or a lost digit is seen."""
    return [_value(token) for token in JSON_TOKEN.findall(spelled)]


def _value(token: str) -> object:
    if token in set("{}[]:,"):
        return (token,)
    try:
        return json.loads(token)
    except ValueError:
        return (token,)


def _finding(kind: FindingKind, source: Source, messages: Sequence[Message]) -> Finding:
    message = messages[source.message]
    text = "" if source.part is ChatPart.VALUE else source_text(message, source.part, source.call)
    return Finding(kind, message.seq, source.call, text[source.begin : source.end][:80])
