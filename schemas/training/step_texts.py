"""A turn as two texts, what the policy was asked and what it said: for trainers that take strings."""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.training.tokens import TokenRenderer
from schemas.training.tokens.templates import TemplateRefusalError
from schemas.trajectory import Message


@dataclass(frozen=True, kw_only=True)
class StepText:
    """One turn, rendered."""

    asked: str
    """All that stands before it, with the words that ask the policy to speak."""
    said: str
    """From its first own character to the end mark."""


def write_step(
    renderer: TokenRenderer, context: Sequence[Message], turn: Message, tools: str | None
) -> StepText | None:
    """Render a turn behind its context; null where the template refuses, or rewrites the context for the turn."""
    try:
        asked = renderer.render_text(context, tools, prompt=True)
        whole = renderer.render_text([*context, turn], tools)
    except TemplateRefusalError:
        return None
    said = whole.removeprefix(asked).rstrip("\n")
    return StepText(asked=asked, said=said) if whole.startswith(asked) and said else None
