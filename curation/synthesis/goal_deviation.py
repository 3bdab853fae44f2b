"""Work on something else for a moment."""

from dataclasses import dataclass
from typing import ClassVar

import msgspec

from curation.synthesis.copies import call_ids, copied_turn, synthetic
from curation.synthesis.corruption import Corruption, Edit, Strategy
from curation.synthesis.rings import ordered_by_hash
from curation.synthesis.stock import Exchange, Stock, setting_of
from curation.synthesis.turns import Turn, acting_turns
from schemas.reasons import CorruptionReason
from schemas.trajectory import Message, Trajectory


@dataclass(frozen=True, kw_only=True)
class GoalDeviation(Corruption):
    """Inserts a call of another task, with the result that it had there.

    Deviate from the main goal, FM-2.3 of AEGIS (arXiv 2509.14295). The call is of a tool that the trajectory uses, and
    names things that are another task's.
    """

    name: ClassVar[str] = "goal_deviation"
    version: ClassVar[str] = "1"
    strategy: ClassVar[Strategy] = Strategy.STEP_EDIT
    published_as: ClassVar[str | None] = "aegis:FM-2.3"

    def edit(self, trajectory: Trajectory, stock: Stock) -> Edit | CorruptionReason:
        """Insert an exchange before a turn that looks like its own."""
        turns = [turn for turn in acting_turns(trajectory) if _is_simple(turn)]
        if not turns:
            return CorruptionReason.NO_FITTING_STEP
        key = self.key(trajectory)
        exchange = _foreign_exchange(trajectory, stock, key)
        if exchange is None:
            return CorruptionReason.NO_OTHER_TASK
        turn = ordered_by_hash(turns, key, name=lambda turn: turn.seq)[0]
        messages = trajectory.messages
        inserted = copied_turn(_dressed(turn, exchange), seq=len(messages), key=key, taken=call_ids(messages))
        return Edit(
            messages=(*messages[: turn.seq], *inserted, *messages[turn.seq :]),
            detail={"task_id": exchange.task_id, "action": [[exchange.tool, exchange.arguments]]},
        )


def _is_simple(turn: Turn) -> bool:
    """Tell whether another call and result can be put in place of the turn's own."""
    return (
        len(turn.message.tool_calls) == len(turn.answers) == 1
        and not turn.message.text_calls
        and turn.message.content_json is None
        and turn.answers[0].content_json is None
    )


def _foreign_exchange(trajectory: Trajectory, stock: Stock, key: str) -> Exchange | None:
    ring = stock.exchanges.get(setting_of(trajectory))
    used = {call.name for message in trajectory.messages for call in message.tool_calls}
    own = {call.arguments for message in trajectory.messages for call in message.tool_calls}
    others = ring.walk(key) if ring else ()
    task_id = trajectory.task.task_id
    return next(
        (it for it in others if it.task_id != task_id and it.tool in used and it.arguments not in own), None
    )


def _dressed(turn: Turn, exchange: Exchange) -> Turn:
    """Give a turn another call and result, and no words."""
    call = msgspec.structs.replace(
        turn.message.tool_calls[0], name=exchange.tool, arguments=exchange.arguments, extra=None
    )
    message = msgspec.structs.replace(turn.message, text=None, reasoning=None, tool_calls=(call,))
    return Turn(message=synthetic(message), answers=(_answer(turn.answers[0], exchange),))


def _answer(answer: Message, exchange: Exchange) -> Message:
    name = answer.name and exchange.tool
    return msgspec.structs.replace(answer, text=exchange.result, name=name)
