"""Check nothing."""

from dataclasses import dataclass
from typing import ClassVar

from curation.synthesis.corruption import Corruption, Edit, Strategy
from curation.synthesis.stock import Stock
from curation.synthesis.turns import acting_turns
from schemas.reasons import CorruptionReason
from schemas.trajectory import Trajectory


@dataclass(frozen=True, kw_only=True)
class RemovedVerification(Corruption):
    """Takes out every step that only verifies.

    Remove verification, FM-3.2 of AEGIS (arXiv 2509.14295). What verifies is told by AgentLens's rules
    (`curation.process.intents`), which know software work only; elsewhere there is no place.
    """

    name: ClassVar[str] = "removed_verification"
    version: ClassVar[str] = "1"
    strategy: ClassVar[Strategy] = Strategy.STEP_EDIT
    published_as: ClassVar[str | None] = "aegis:FM-3.2"

    def edit(self, trajectory: Trajectory, stock: Stock) -> Edit | CorruptionReason:
        """Take out the turns whose every call verifies."""
        found = [turn for turn in acting_turns(trajectory) if stock.is_verifying(turn.action)]
        dropped = {seq for turn in found for seq in range(turn.seq, turn.end)}
        if not dropped:
            return CorruptionReason.NO_FITTING_STEP
        return Edit(
            messages=[message for message in trajectory.messages if message.seq not in dropped],
            detail={"dropped_seqs": sorted(dropped)},
        )
