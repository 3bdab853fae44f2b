"""What every child must be, whatever made it."""

from collections.abc import Sequence

from curation.synthesis import CORRUPTIONS, Corrupted, Stock, build_stock
from curation.synthesis.corruption import Corruption
from schemas.trajectory import Message, Origin, Relation, Trajectory
from tests.curation.rollouts import frames


def stock_of(trajectories: Sequence[Trajectory]) -> Stock:
    return build_stock(frames(*trajectories))


def corrupted(
    name: str, trajectory: Trajectory, *others: Trajectory, corruption: Corruption | None = None
) -> Corrupted:
    """Corrupt one trajectory of a small corpus; there must be a place."""
    made = (corruption or CORRUPTIONS[name]()).corrupt(trajectory, stock_of([trajectory, *others]))
    assert isinstance(made, Corrupted), made
    check_child(trajectory, made)
    return made


def check_child(parent: Trajectory, made: Corrupted) -> None:
    """Assert that a child is a valid conversation, is nobody's rollout, and differs where its label says."""
    child = made.trajectory
    assert (child.relation, child.parent_id) == (Relation.CORRUPTION, parent.trajectory_id)
    assert (child.outcome_reward, child.scores, child.group_id) == (None, (), parent.group_id)
    assert child.trajectory_id != parent.trajectory_id
    assert faults(child.messages) <= faults(parent.messages)
    first = len(child.messages) if made.seq is None else made.seq
    assert child.messages[:first] == parent.messages[:first]
    assert made.seq is not None or len(child.messages) < len(parent.messages)
    assert made.seq is None or child.messages[first : first + 1] != parent.messages[first : first + 1]
    own = {content(message) for message in parent.messages}
    assert all(
        message.origin is Origin.SYNTHETIC for message in child.messages if content(message) not in own
    )


def faults(messages: Sequence[Message]) -> set[str]:
    """Name what is wrong with numbers and links."""
    found = set()
    if [message.seq for message in messages] != list(range(len(messages))):
        found.add("numbers")
    for message in messages:
        calls = message.tool_calls + message.text_calls
        for call in calls:
            if call.result_seq is None:
                found.add("unanswered")
            elif messages[call.result_seq].call_seq != message.seq:
                found.add("link")
            elif messages[call.result_seq].tool_call_id != call.call_id:
                found.add("id")
        ids = [call.call_id for call in calls]
        if len(ids) != len(set(ids)):
            found.add("repeated id")
    return found


def content(message: Message) -> tuple[object, ...]:
    """Give what a message says, without numbers, ids and counts."""
    calls = tuple((call.name, call.arguments) for call in message.tool_calls + message.text_calls)
    return message.role, message.text, message.reasoning, calls


def texts(trajectory: Trajectory) -> list[str | None]:
    return [message.text for message in trajectory.messages]


def actions(trajectory: Trajectory) -> list[tuple[str, str]]:
    return [(call.name, call.arguments) for message in trajectory.messages for call in message.tool_calls]
