"""Stand still for a while."""

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
class NoProgress(Corruption):
    """Repeats a call right behind its result, which comes back unchanged.

    The no-progress execution error of Guardian (arXiv 2512.01946), built as GUI-Reflection (arXiv 2506.08012) builds an
    ineffective action: an inserted step whose observation is a copy of the one before.
    """

    name: ClassVar[str] = "no_progress"
    version: ClassVar[str] = "1"
    strategy: ClassVar[Strategy] = Strategy.STEP_EDIT
    published_as: ClassVar[str | None] = "guardian:no_progress"

    repeats: int = 2
    """How many copies are inserted, 1 or more."""

    def __post_init__(self) -> None:
        """Refuse to insert nothing.

        Raises:
            RecipeError: `repeats` is below 1.
        """
        if self.repeats < 1:
            raise RecipeError(f"`repeats` must be 1 or more, got {self.repeats!r}.")

    def edit(self, trajectory: Trajectory, stock: Stock) -> Edit | CorruptionReason:
        """Insert copies behind a turn."""
        key, messages = self.key(trajectory), trajectory.messages
        turns = [turn for turn in acting_turns(trajectory) if not turn.fails(stock.failures)]
        for turn in ordered_by_hash(turns, key, name=lambda turn: turn.seq):
            inserted: list[Message] = []
            for repeat in range(self.repeats):
                taken = call_ids((*messages, *inserted))
                seq = len(messages) + len(inserted)
                inserted += copied_turn(turn, seq=seq, key=f"{key} {repeat}", taken=taken)
            return Edit(
                messages=(*messages[: turn.end], *inserted, *messages[turn.end :]),
                detail={"repeated_seq": turn.seq, "repeat_count": self.repeats, "action": turn.action},
            )
        return CorruptionReason.NO_FITTING_STEP
