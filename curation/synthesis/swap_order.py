"""Make two steps in the wrong order."""

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from curation.synthesis.copies import synthetic
from curation.synthesis.corruption import Corruption, Edit, Strategy
from curation.synthesis.rings import ordered_by_hash
from curation.synthesis.stock import Stock
from curation.synthesis.tellers import Tellers
from curation.synthesis.turns import Turn, acting_turns
from curation.synthesis.values import Scalar, entities, mentions
from schemas.reasons import CorruptionReason
from schemas.trajectory import Trajectory


@dataclass(frozen=True, kw_only=True)
class SwapOrder(Corruption):
    """Exchanges two steps in a row, the second of which needs what the first one found.

    The wrong order of Guardian (arXiv 2512.01946). That the order matters is told by a value (ours): the second call
    names one that the first result is the first to tell.
    """

    name: ClassVar[str] = "swap_order"
    version: ClassVar[str] = "1"
    strategy: ClassVar[Strategy] = Strategy.STEP_EDIT
    published_as: ClassVar[str | None] = "guardian:swap_order"

    only_dependent: bool = True
    """False: exchange any two different steps in a row, which often harms nothing."""

    def edit(self, trajectory: Trajectory, stock: Stock) -> Edit | CorruptionReason:  # noqa: ARG002  # needs no stock
        """Exchange a pair of turns."""
        tellers = Tellers(trajectory.messages)
        pairs = [
            (first, second)
            for first, second in pairwise(acting_turns(trajectory))
            if first.end == second.seq
            and first.action != second.action
            and (not self.only_dependent or _needed_values(tellers, first, second))
        ]
        for first, second in ordered_by_hash(pairs, self.key(trajectory), name=lambda pair: pair[0].seq):
            messages = trajectory.messages
            moved = map(synthetic, (*messages[second.seq : second.end], *messages[first.seq : first.end]))
            return Edit(
                messages=(*messages[: first.seq], *moved, *messages[second.end :]),
                detail={
                    "first_action": first.action,
                    "second_action": second.action,
                    "needed_values": _needed_values(tellers, first, second),
                },
            )
        return CorruptionReason.NO_FITTING_STEP


def _needed_values(tellers: Tellers, first: Turn, second: Turn) -> list[Scalar]:
    """List the values of the second turn's calls that nothing before the first turn's result tells."""
    return [
        value
        for call in second.calls
        for _, value in entities(call.arguments)
        if any(mentions(answer.text, value) for answer in first.answers)
        and next(tellers.before(first.seq + 1, value), None) is None
    ]
