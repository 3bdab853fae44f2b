"""End before the work is done."""

from dataclasses import dataclass
from typing import ClassVar

from curation.synthesis.copies import synthetic
from curation.synthesis.corruption import Corruption, Edit, Strategy
from curation.synthesis.rings import ordered_by_hash
from curation.synthesis.stock import Stock
from curation.synthesis.turns import Turn, acting_turns, words_turns
from schemas.reasons import CorruptionReason
from schemas.trajectory import Message, Role, Trajectory


@dataclass(frozen=True, kw_only=True)
class EarlyStop(Corruption):
    """Ends the trajectory before one of its later calls.

    Early truncation of UI-Genie (arXiv 2505.21496); with `claims_success` the premature termination of AEGIS (arXiv
    2509.14295): the parent's last words follow at once, so that the agent claims what it has not done.
    """

    name: ClassVar[str] = "early_stop"
    version: ClassVar[str] = "1"
    strategy: ClassVar[Strategy] = Strategy.STEP_EDIT

    claims_success: bool = False
    """Let the parent's last words end the child; only where the cut does not follow other words of the agent."""

    @property
    def taxonomy(self) -> str | None:
        """Name the published fault."""
        return "aegis:FM-3.1" if self.claims_success else "ui_genie:early_truncation"

    def edit(self, trajectory: Trajectory, stock: Stock) -> Edit | CorruptionReason:
        """Cut before a turn that is not the first one and that succeeded."""
        later = [turn for turn in acting_turns(trajectory)[1:] if not turn.fails(stock.failures)]
        last_words = words_turns(trajectory)[-1:] if self.claims_success else []
        if self.claims_success:
            later = [
                turn for turn in later if last_words and _can_end_before(trajectory, turn, last_words[0])
            ]
        for turn in ordered_by_hash(later, self.key(trajectory), name=lambda turn: turn.seq):
            return Edit(
                messages=(*trajectory.messages[: turn.seq], *map(synthetic, last_words)),
                detail={
                    "cut_count": len(trajectory.messages) - turn.seq,
                    "first_missing_action": turn.action,
                },
            )
        return CorruptionReason.NO_FITTING_STEP


def _can_end_before(trajectory: Trajectory, turn: Turn, words: Message) -> bool:
    return words.seq > turn.seq and trajectory.messages[turn.seq - 1].role is not Role.ASSISTANT
