"""Tell the user something wrong."""

from dataclasses import dataclass
from typing import ClassVar

from curation.synthesis.copies import synthetic
from curation.synthesis.corruption import Corruption, Edit, Strategy, replaced
from curation.synthesis.rings import ordered_by_hash
from curation.synthesis.stock import Stock
from curation.synthesis.tellers import Tellers
from curation.synthesis.turns import words_turns
from curation.synthesis.values import exchanged, shape, tokens, with_text
from schemas.reasons import CorruptionReason
from schemas.trajectory import Message, Role, Trajectory


@dataclass(frozen=True, kw_only=True)
class CorruptedResponse(Corruption):
    """Exchanges an id, an amount or a number that the agent tells for another one that looks like it.

    Ours, after AEGIS's strategy of response corruption (arXiv 2509.14295). The token is one that a tool or the user told
    before, so it was right; the other one comes from other agents' words and is nowhere in the trajectory. The last
    message of words that has such a token is taken.
    """

    name: ClassVar[str] = "corrupted_response"
    version: ClassVar[str] = "1"
    strategy: ClassVar[Strategy] = Strategy.RESPONSE_CORRUPTION

    def edit(self, trajectory: Trajectory, stock: Stock) -> Edit | CorruptionReason:
        """Exchange a token in the last words that have one."""
        key, reason = self.key(trajectory), CorruptionReason.NO_FITTING_WORDS
        tellers = Tellers(trajectory.messages)
        texts = [message.text or "" for message in trajectory.messages]
        for message in reversed(words_turns(trajectory)):
            told = _grounded(tellers, message)
            for token in ordered_by_hash(told, key, name=str):
                reason = CorruptionReason.NO_OTHER_VALUE
                other = _unheard(stock, token, texts, key)
                changed = other and with_text(message, exchanged(message.text, token, other))
                if changed:
                    return Edit(
                        messages=replaced(trajectory.messages, synthetic(changed)),
                        detail={"from": token, "to": other},
                    )
        return reason


def _grounded(tellers: Tellers, message: Message) -> list[str]:
    """List the tokens of a message that a tool or the user told before."""
    return [
        token
        for token in tokens(message.text or "")
        if any(told.role in (Role.TOOL, Role.USER) for told in tellers.before(message.seq, token))
    ]


def _unheard(stock: Stock, token: str, texts: list[str], key: str) -> str | None:
    ring = stock.words.get(shape(token))
    others = ring.walk(f"{key} {token}") if ring else ()
    return next((other for other in others if not any(other in text for text in texts)), None)
