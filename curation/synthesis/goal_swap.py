"""The same behaviour under another task's words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from curation.synthesis.copies import synthetic
from curation.synthesis.corruption import Corruption, Edit, Strategy, replaced
from curation.synthesis.stock import Stock, UserSide, setting_of
from curation.synthesis.turns import human_messages
from curation.synthesis.values import with_text
from schemas.reasons import CorruptionReason
from schemas.trajectory import Message, Trajectory


@dataclass(frozen=True, kw_only=True)
class GoalSwap(Corruption):
    """Puts the user's words of another task in place of the user's own.

    Cross-task substitution of UI-Genie (arXiv 2505.21496): what the agent does answers nothing that it was asked. In a
    dialogue every turn of the user is exchanged, in order, for the user states the goal over several turns; a user side
    with fewer turns is not taken. The child stays with its parent's task, whose words it does not hold any more.
    """

    name: ClassVar[str] = "goal_swap"
    version: ClassVar[str] = "1"
    strategy: ClassVar[Strategy] = Strategy.PROMPT_INJECTION
    published_as: ClassVar[str | None] = "ui_genie:cross_task_substitution"

    def edit(self, trajectory: Trajectory, stock: Stock) -> Edit | CorruptionReason:
        """Exchange the user's words."""
        said = human_messages(trajectory)
        if not any(message.text for message in said):
            return CorruptionReason.NO_FITTING_WORDS
        ring = stock.user_sides.get(setting_of(trajectory))
        for side in ring.walk(self.key(trajectory)) if ring else ():
            changed = _exchanged(said, side, trajectory.task.task_id)
            if changed:
                return Edit(
                    messages=replaced(trajectory.messages, *changed),
                    detail={"task_id": side.task_id, "message_count": len(changed)},
                )
        return CorruptionReason.NO_OTHER_TASK


def _exchanged(said: Sequence[Message], side: UserSide, task_id: str) -> list[Message]:
    """Give the user's messages other words; none where they do not fit."""
    own = [message.text for message in said]
    if side.task_id == task_id or len(side.texts) < len(own) or side.texts[0] == own[0]:
        return []
    changed = [with_text(message, text) for message, text in zip(said, side.texts, strict=False)]
    fitting = [synthetic(message) for message in changed if message is not None]
    return fitting if len(fitting) == len(said) else []
