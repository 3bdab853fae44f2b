"""Go on as if a call had succeeded."""

from dataclasses import dataclass
from typing import ClassVar

from curation.synthesis.copies import synthetic
from curation.synthesis.corruption import Corruption, Edit, Strategy, replaced
from curation.synthesis.rings import ordered_by_hash
from curation.synthesis.stock import Stock
from curation.synthesis.turns import acting_turns
from curation.synthesis.values import with_text
from schemas.reasons import CorruptionReason
from schemas.trajectory import Trajectory


@dataclass(frozen=True, kw_only=True)
class IgnoredFailure(Corruption):
    """Lets a call that succeeded fail as another one did, while the agent goes on as before.

    Ours. Its visible effect is near that of FM-3.3 of AEGIS (arXiv 2509.14295), incorrect verification: what the agent
    takes for done is not done.
    """

    name: ClassVar[str] = "ignored_failure"
    version: ClassVar[str] = "1"
    strategy: ClassVar[Strategy] = Strategy.PROMPT_INJECTION

    def edit(self, trajectory: Trajectory, stock: Stock) -> Edit | CorruptionReason:
        """Put a failing result of the same tool in place of a result."""
        key = self.key(trajectory)
        turns = [
            turn
            for turn in acting_turns(trajectory)
            if len(turn.calls) == len(turn.answers) == 1 and not turn.fails(stock.failures)
        ]
        for turn in ordered_by_hash(turns, key, name=lambda turn: turn.seq):
            answer, tool = turn.answers[0], turn.calls[0].name
            for failure in stock.failing_results[tool].walk(key) if tool in stock.failing_results else ():
                changed = with_text(answer, failure)
                if changed is not None:
                    return Edit(
                        messages=replaced(trajectory.messages, synthetic(changed)),
                        detail={"tool": tool, "from": answer.text, "to": failure},
                    )
        return CorruptionReason.NO_OTHER_VALUE if turns else CorruptionReason.NO_FITTING_STEP
