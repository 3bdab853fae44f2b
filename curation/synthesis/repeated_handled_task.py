"""Do again later what was done already."""

from dataclasses import dataclass
from typing import ClassVar

from curation.synthesis.copies import call_ids, copied_turn
from curation.synthesis.corruption import Corruption, Edit, Strategy
from curation.synthesis.rings import ordered_by_hash
from curation.synthesis.stock import Stock
from curation.synthesis.turns import acting_turns
from schemas.identity import digest
from schemas.reasons import CorruptionReason
from schemas.trajectory import Trajectory


@dataclass(frozen=True, kw_only=True)
class RepeatedHandledTask(Corruption):
    """Makes an earlier call once more before a later one, with the same result.

    Repeats handled tasks, FM-2.1 of AEGIS (arXiv 2509.14295), for one agent: what is repeated is a step.
    """

    name: ClassVar[str] = "repeated_handled_task"
    version: ClassVar[str] = "1"
    strategy: ClassVar[Strategy] = Strategy.STEP_EDIT
    published_as: ClassVar[str | None] = "aegis:FM-2.1"

    def edit(self, trajectory: Trajectory, stock: Stock) -> Edit | CorruptionReason:
        """Insert a copy of a turn where at least one other turn lies between."""
        key, messages = self.key(trajectory), trajectory.messages
        turns = acting_turns(trajectory)
        handled = [index for index, turn in enumerate(turns) if not turn.fails(stock.failures)]
        for index in ordered_by_hash(handled, key, name=lambda index: turns[index].seq):
            turn = turns[index]
            places = [later.seq for later in turns[index + 2 :] if later.action != turn.action]
            if not places:
                continue
            place = min(places, key=lambda seq: digest("place", key, seq))
            copied = copied_turn(turn, seq=len(messages), key=key, taken=call_ids(messages))
            return Edit(
                messages=(*messages[:place], *copied, *messages[place:]),
                detail={"repeated_seq": turn.seq, "action": turn.action},
            )
        return CorruptionReason.NO_FITTING_STEP
