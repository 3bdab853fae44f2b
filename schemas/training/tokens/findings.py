"""What a chat template does to a conversation that its reader should know: data, never a log line."""

from dataclasses import dataclass
from enum import StrEnum


class FindingKind(StrEnum):
    """What was found; in `UNTRAINED` are those that cost loss, all others only say what the model will see."""

    TEMPLATE_REFUSED = "template_refused"
    """The template raised: there is no row."""
    TURN_NOT_PLACED = "turn_not_placed"
    """Where an assistant message stands cannot be proven; it is not trained."""
    SPAN_NOT_PLACED = "span_not_placed"
    """Where the characters of a span stand cannot be proven; its whole part is not trained."""
    ARGUMENTS_NOT_JSON = "arguments_not_json"
    """The template wants parsed arguments and these are no JSON: it would quote them; the message is not trained."""
    ARGUMENTS_CHANGED = "arguments_changed"
    """Keys or values differ from what the policy wrote; the message is not trained."""
    ARGUMENTS_RESPELLED = "arguments_respelled"
    """The same JSON in another spelling (spaces, escapes, numbers), or in another notation."""
    REASONING_DROPPED = "reasoning_dropped"
    TEXT_DROPPED = "text_dropped"
    TEXT_CHANGED = "text_changed"
    """The template rewrote a text or a part of it is gone."""
    CALL_DROPPED = "call_dropped"
    """A call is not in the text; the message is not trained, for it would teach to stop where a call was made."""
    PART_REPEATED = "part_repeated"
    """The template writes a part more than once; the first is taken."""
    PROMPT_DIFFERS = "prompt_differs"
    """The generation prompt that the policy would see is not how its turn begins here."""
    END_TOKEN_MISSING = "end_token_missing"  # noqa: S105 - a token of text
    """The template writes no special token at the turn's end: the model is not taught to stop there."""
    CONTENT_PARTS_FLATTENED = "content_parts_flattened"
    """Content of several parts is rendered by its joined text."""
    TOKEN_STRADDLES = "token_straddles"  # noqa: S105 - a token of text
    """Tokens over a border between trained and untrained characters; they are not trained."""


UNTRAINED = frozenset(
    {
        FindingKind.TEMPLATE_REFUSED,
        FindingKind.TURN_NOT_PLACED,
        FindingKind.SPAN_NOT_PLACED,
        FindingKind.ARGUMENTS_NOT_JSON,
        FindingKind.ARGUMENTS_CHANGED,
        FindingKind.CALL_DROPPED,
        FindingKind.TOKEN_STRADDLES,
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding."""

    kind: FindingKind
    seq: int | None = None
    """`seq` of the message; null when it is about the conversation."""
    call: int | None = None
    """Index of the tool call; null when it is not about one."""
    detail: str = ""
    count: int = 1
