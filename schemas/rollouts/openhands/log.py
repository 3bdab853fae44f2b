"""OpenHands events become a conversation: turns that several events share, and results joined to their calls."""

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from schemas.rollouts.parts.fields import Fields, json_text
from schemas.rollouts.parts.linking import CallPlace
from schemas.rollouts.parts.peeking import peek_raw
from schemas.trajectory import Message, Origin, Role, ToolCall

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


class EventLog:
    """A conversation that grows event by event."""

    def __init__(self) -> None:
        """Begin with nothing said."""
        self.messages: list[Message] = []
        self._turns: dict[bytes, int] = {}
        self._calls: dict[str, CallPlace] = {}

    def say(self, message: Message) -> int:
        """Append a message; its `seq` is set here."""
        self.messages.append(replace(message, seq=len(self.messages)))
        return len(self.messages) - 1

    def turn(self, response: bytes) -> int | None:
        """Find the message that a model response became; None when no event told of it yet."""
        return self._turns.get(response)

    def open_turn(self, response: bytes, message: Message) -> int:
        """Append the message of a model response, which later events may share."""
        self._turns[response] = self.say(message)
        return self._turns[response]

    def name_call(self, place: CallPlace, names: Iterable[str]) -> None:
        """Let results find a call by any of these names (its event, its call id)."""
        self._calls.update(dict.fromkeys(names, place))

    def answer(self, message: Message, names: Iterable[str]) -> None:
        """Append a result, linked to the call that one of the names finds.

        What answers no call is no tool message: the model was told it as a user message. A second answer to one call
        stays an orphan.
        """
        place = next((self._calls[name] for name in names if name in self._calls), None)
        if place is None:
            is_orphan = message.tool_call_id is not None
            self.say(message if is_orphan else replace(message, role=Role.USER))
            return
        caller = self.messages[place[0]]
        call = caller.tool_calls[place[1]]
        is_first = call.result_seq is None
        seq = self.say(replace(message, call_seq=caller.seq if is_first else None))
        if is_first:
            self._put_call(place, replace(call, result_seq=seq))

    def add_call(self, seq: int, call: ToolCall) -> int:
        """Add a call to a turn that the log tells call by call; gives its index."""
        turn = self.messages[seq]
        self.messages[seq] = replace(turn, tool_calls=(*turn.tool_calls, call))
        return len(turn.tool_calls)

    def describe_call(self, place: CallPlace, extra: str | None) -> None:
        """Give a call the fields of the event that carried it out."""
        self._put_call(place, replace(self.messages[place[0]].tool_calls[place[1]], extra=extra))

    def _put_call(self, place: CallPlace, call: ToolCall) -> None:
        seq, index = place
        calls = list(self.messages[seq].tool_calls)
        calls[index] = call
        self.messages[seq] = replace(self.messages[seq], tool_calls=tuple(calls))


def result_message(text: str | None, *, name: str | None, call_id: str | None, extra: str | None) -> Message:
    """Make the message of what the environment answered; whom it answers is joined later."""
    return Message(
        seq=0,
        role=Role.TOOL,
        origin=Origin.INJECTED,
        text=text,
        name=name,
        tool_call_id=call_id,
        extra=extra,
    )


def call_names(event: str | None, call_id: str | None, pair: str | None = None) -> list[str]:
    """Name a call by the event that carried it out, by their pair, and by its id.

    Events come first, because ids repeat in real logs.
    """
    named = (("event", event), ("pair", pair), ("call", call_id))
    return [f"{kind} {name}" for kind, name in named if name is not None]


def drop_tools(holder: Fields, log: EventLog) -> None:
    """Take the tool schemas of an opening system message away: they are the trajectory's toolset."""
    tools = peek_raw(holder, "tools")
    if tools is not None and tools.startswith(b"[") and not log.messages:
        holder.take_raw("tools")


def drop_repeats(fields: Fields, name: str, arguments: str) -> None:
    """Take those members of an action away that say the same as the call's arguments.

    Args:
        fields: the event.
        name: its field with the parsed action.
        arguments: the call's argument string.
    """
    try:
        told = _OBJECT.decode(arguments)
    except msgspec.DecodeError:
        return
    action = fields.take_object(name)
    for argument, value in told.items():
        raw = action.take_raw(argument)
        if raw is not None and _plain(raw) != _plain(value):
            action.put(argument, raw.decode())
    fields.put(name, action.rest())


def _plain(raw: bytes | msgspec.Raw) -> str:
    """Spell a value in one way; inside an argument string there may be one that no JSON reader takes."""
    try:
        return json_text(msgspec.json.decode(raw))
    except msgspec.DecodeError:
        return bytes(raw).decode()
