"""Link tool results to the calls that they answer.

Call ids are not unique in real logs (49 of 200 public tau-bench rollouts repeat one), so an id alone is no link: a
result answers the nearest call before it that is still open.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from schemas.trajectory import Message, Role, ToolCall

CallPlace = tuple[int, int]
"""`seq` of an assistant message, and the index of a call in it."""


def link_results(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Set `call_seq` of tool messages and `result_seq` of calls.

    A result with an id answers the open call of that id in the nearest assistant message before it, or none. A
    result without one answers, in the nearest assistant message, the first open call of its name, or the first open
    call when it has no name either. A result that answers nothing keeps null.

    Args:
        messages: the messages of a trajectory, whose `seq` is their index.
    """
    answers = dict(_answers(messages))
    callers = {result: caller for (caller, _), result in answers.items()}
    return tuple(_linked(message, answers, callers) for message in messages)


def _answers(messages: Iterable[Message]) -> Iterable[tuple[CallPlace, int]]:
    by_id: dict[str, list[CallPlace]] = defaultdict(list)
    turn: dict[CallPlace, ToolCall] = {}
    for message in messages:
        if message.role is Role.ASSISTANT:
            turn = {(message.seq, index): call for index, call in enumerate(message.tool_calls)}
            for place, call in reversed(turn.items()):
                if call.call_id:
                    by_id[call.call_id].append(place)
        elif message.role is Role.TOOL:
            answered = _answered(message, by_id, turn)
            if answered is not None:
                turn.pop(answered, None)
                yield answered, message.seq


def _answered(
    message: Message, by_id: dict[str, list[CallPlace]], turn: dict[CallPlace, ToolCall]
) -> CallPlace | None:
    if message.tool_call_id:
        open_calls = by_id[message.tool_call_id]
        return open_calls.pop() if open_calls else None
    for place, call in turn.items():
        if message.name in (None, call.name):
            if call.call_id:
                by_id[call.call_id].remove(place)
            return place
    return None


def _linked(message: Message, answers: dict[CallPlace, int], callers: dict[int, int]) -> Message:
    if message.role is Role.TOOL:
        return replace(message, call_seq=callers.get(message.seq))
    if not message.tool_calls:
        return message
    calls = (
        replace(call, result_seq=answers.get((message.seq, index)))
        for index, call in enumerate(message.tool_calls)
    )
    return replace(message, tool_calls=tuple(calls))
