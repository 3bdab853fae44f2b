"""Go on when the work is done."""

from dataclasses import dataclass
from typing import ClassVar

from curation.synthesis.copies import call_ids, copied_turn
from curation.synthesis.corruption import Corruption, Edit, Strategy
from curation.synthesis.rings import ordered_by_hash
from curation.synthesis.stock import Stock
from curation.synthesis.turns import acting_turns
from schemas.errors import RecipeError
from schemas.reasons import CorruptionReason
from schemas.trajectory import Message, Trajectory


@dataclass(frozen=True, kw_only=True)
class RedundantContinuation(Corruption):
    """Makes earlier calls once more behind the last one, before the last words.

    Redundant continuation of UI-Genie (arXiv 2505.21496): extra steps after completion. The repeated calls and their
    results are the trajectory's own, in their old order.
    """

    name: ClassVar[str] = "redundant_continuation"
    version: ClassVar[str] = "1"
    strategy: ClassVar[Strategy] = Strategy.STEP_EDIT
    published_as: ClassVar[str | None] = "ui_genie:redundant_continuation"

    steps: int = 2
    """How many steps follow at most, 1 or more; fewer where there were fewer before."""

    def __post_init__(self) -> None:
        """Refuse to add nothing.

        Raises:
            RecipeError: `steps` is below 1.
        """
        if self.steps < 1:
            raise RecipeError(f"`steps` must be 1 or more, got {self.steps!r}.")

    def edit(self, trajectory: Trajectory, stock: Stock) -> Edit | CorruptionReason:
        """Append copies of earlier turns to the last one."""
        key, messages = self.key(trajectory), trajectory.messages
        turns = acting_turns(trajectory)
        earlier = [turn for turn in turns[:-1] if not turn.fails(stock.failures)]
        if not earlier:
            return CorruptionReason.NO_FITTING_STEP
        chosen = ordered_by_hash(earlier, key, name=lambda turn: turn.seq)[: self.steps]
        inserted: list[Message] = []
        for turn in sorted(chosen, key=lambda turn: turn.seq):
            taken = call_ids((*messages, *inserted))
            inserted += copied_turn(turn, seq=len(messages) + len(inserted), key=key, taken=taken)
        end = turns[-1].end
        return Edit(
            messages=(*messages[:end], *inserted, *messages[end:]),
            detail={"repeated_seqs": sorted(turn.seq for turn in chosen)},
        )
