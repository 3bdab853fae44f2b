"""Lose what was said and done before."""

from dataclasses import dataclass
from typing import ClassVar

from curation.synthesis.corruption import Corruption, Edit, Strategy
from curation.synthesis.rings import ordered_by_hash
from curation.synthesis.stock import Stock
from curation.synthesis.turns import acting_turns, closed_ends, human_messages
from schemas.reasons import CorruptionReason
from schemas.trajectory import Trajectory


@dataclass(frozen=True, kw_only=True)
class ForgottenHistory(Corruption):
    """Takes out all that lies between the user's first words and a later call.

    Remove conversation history, FM-1.4 of AEGIS (arXiv 2509.14295): the agent goes on as the parent did, and nothing in
    its context tells why.
    """

    name: ClassVar[str] = "forgotten_history"
    version: ClassVar[str] = "1"
    strategy: ClassVar[Strategy] = Strategy.PROMPT_INJECTION
    published_as: ClassVar[str | None] = "aegis:FM-1.4"

    def edit(self, trajectory: Trajectory, stock: Stock) -> Edit | CorruptionReason:  # noqa: ARG002  # needs no stock
        """Cut from behind the first user message to a turn that at least one acting turn precedes."""
        messages, said = trajectory.messages, human_messages(trajectory)
        start = said[0].seq + 1 if said else len(messages)
        kept = [turn for turn in acting_turns(trajectory) if turn.seq >= start]
        ends = set(closed_ends(messages, start))
        later = [turn for turn in kept[1:] if turn.seq in ends]
        for turn in ordered_by_hash(later, self.key(trajectory), name=lambda turn: turn.seq):
            return Edit(
                messages=(*messages[:start], *messages[turn.seq :]),
                detail={"dropped_seqs": list(range(start, turn.seq))},
            )
        return CorruptionReason.NO_FITTING_STEP
