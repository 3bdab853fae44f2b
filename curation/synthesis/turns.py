"""The agent's turns of one conversation, as what a corruption removes, moves or repeats."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from schemas.trajectory import Message, Origin, Role, ToolCall, Trajectory

OWN_ORIGINS = (Origin.SAMPLED, Origin.REPAIRED)
"""Origins of what the agent itself said; demonstrations and copied context are not corrupted."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One message of the agent with calls, and right behind it the answers to all of them."""

    message: Message
    answers: tuple[Message, ...]

    @property
    def seq(self) -> int:
        """Tell where the turn begins."""
        return self.message.seq

    @property
    def end(self) -> int:
        """Tell where the next message begins."""
        return self.message.seq + 1 + len(self.answers)

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """Give its calls, those that the scaffold took from its words too."""
        return self.message.tool_calls + self.message.text_calls

    @property
    def action(self) -> tuple[tuple[str, str], ...]:
        """Give what it did, without ids and links."""
        return tuple((call.name, call.arguments) for call in self.calls)

    def fails(self, failures: Collection[str]) -> bool:
        """Tell whether an answer is among the texts that report a failure."""
        return any(answer.text in failures for answer in self.answers)


def acting_turns(trajectory: Trajectory) -> list[Turn]:
    """List the turns that can be taken out or copied whole: every call is answered, right behind its message."""
    return list(_acting_turns(trajectory.messages))


def words_turns(trajectory: Trajectory) -> list[Message]:
    """List the agent's messages of words only."""
    return [
        message
        for message in trajectory.messages
        if is_own(message) and message.text and not message.tool_calls and not message.text_calls
    ]


def human_messages(trajectory: Trajectory) -> list[Message]:
    """List what the user side says: neither observations nor demonstrations."""
    return [
        message
        for message in trajectory.messages
        if message.role is Role.USER and message.origin is Origin.SCRIPTED and message.call_seq is None
    ]


def is_own(message: Message) -> bool:
    """Tell whether the agent itself said it."""
    return message.role is Role.ASSISTANT and message.origin in OWN_ORIGINS


def closed_ends(messages: Sequence[Message], start: int) -> Iterator[int]:
    """Give each place before which, from `start` on, a cut can end without parting a call from its answer."""
    links = _links(messages)
    lowest, highest = start, start - 1
    for end in range(start, len(messages) + 1):
        if lowest >= start and highest < end:
            yield end
        linked = links.get(end, ())
        lowest, highest = min((lowest, *linked)), max((highest, *linked))


def _acting_turns(messages: Sequence[Message]) -> Iterator[Turn]:
    links = _links(messages)
    for message in messages:
        calls = message.tool_calls + message.text_calls
        if not calls or not is_own(message) or any(call.result_seq is None for call in calls):
            continue
        end = message.seq + 1 + len({call.result_seq for call in calls})
        block = range(message.seq, end)
        if all(linked in block for seq in block for linked in links.get(seq, ())):
            yield Turn(message=message, answers=tuple(messages[message.seq + 1 : end]))


def _links(messages: Sequence[Message]) -> dict[int, list[int]]:
    """List for each message those that it is linked with, whichever of the two says so."""
    links: dict[int, list[int]] = {}
    for message in messages:
        told = [message.call_seq, *(call.result_seq for call in message.tool_calls + message.text_calls)]
        for seq in told:
            if seq is not None:
                links.setdefault(message.seq, []).append(seq)
                links.setdefault(seq, []).append(message.seq)
    return links
