"""Leave out a step that the work needed."""

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

from curation.synthesis.corruption import Corruption, Edit, Strategy
from curation.synthesis.rings import ordered_by_hash
from curation.synthesis.stock import Stock
from curation.synthesis.turns import acting_turns
from schemas.reasons import CorruptionReason
from schemas.trajectory import Trajectory


@dataclass(frozen=True, kw_only=True)
class DropStep(Corruption):
    """Takes out one call with its result, as if the agent had never made it.

    A missing step, after Guardian (arXiv 2512.01946). A call that failed, or that the agent makes twice, is no place:
    without it the trajectory would be better, not worse. Whether the task still succeeds is not known.
    """

    name: ClassVar[str] = "drop_step"
    version: ClassVar[str] = "1"
    strategy: ClassVar[Strategy] = Strategy.STEP_EDIT
    published_as: ClassVar[str | None] = "guardian:drop_step"

    spared_tools: tuple[str, ...] = ("think",)
    """Tools whose calls find nothing out and change nothing: a trajectory without one is as good."""

    def edit(self, trajectory: Trajectory, stock: Stock) -> Edit | CorruptionReason:
        """Take out a turn."""
        turns = acting_turns(trajectory)
        counts = Counter(turn.action for turn in turns)
        needed = [
            turn
            for turn in turns
            if counts[turn.action] == 1
            and not turn.fails(stock.failures)
            and not all(call.name in self.spared_tools for call in turn.calls)
        ]
        for turn in ordered_by_hash(needed, self.key(trajectory), name=lambda turn: turn.seq):
            messages = trajectory.messages
            return Edit(
                messages=(*messages[: turn.seq], *messages[turn.end :]),
                detail={"dropped_seqs": list(range(turn.seq, turn.end)), "action": turn.action},
            )
        return CorruptionReason.NO_FITTING_STEP
