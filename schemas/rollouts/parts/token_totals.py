"""Totals of a rollout whose source counts tokens per message only."""

from collections.abc import Sequence

from schemas.trajectory import Message, Origin


def token_totals(messages: Sequence[Message]) -> tuple[int | None, int | None]:
    """Add up what the policy's calls took, prompt and completion; null when a sampled message does not tell."""
    return (
        _total([(message.prompt_tokens, message.origin) for message in messages]),
        _total([(message.completion_tokens, message.origin) for message in messages]),
    )


def _total(counts: Sequence[tuple[int | None, Origin]]) -> int | None:
    """Count calls whose words the scaffold replaced too: they were paid for."""
    known = [count for count, _ in counts if count is not None]
    is_whole = all(count is not None for count, origin in counts if origin is Origin.SAMPLED)
    return sum(known) if known and is_whole else None
