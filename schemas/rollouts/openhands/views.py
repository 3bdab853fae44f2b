"""What the model saw of an OpenHands event log: a condensation forgets events and puts a summary in their place.

From a condensation on, the prompt is another one, so the log is cut there. The first view is the attempt; each later
one is a continuation: it begins with what it shares with an earlier view (stored there only), then the summary, then
the kept events behind the forgotten ones. Those were sampled before and are trained there, so they are `COPIED`.
Outcome, scores, cost and token totals are of the whole rollout and stand on the attempt alone.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.parts.branches import Branch, part_branches
from schemas.trajectory import Message, Origin, Relation, Trajectory


class Event(NamedTuple):
    """One event of a log."""

    raw: bytes
    place: str
    """Where it lies in the record, for messages: `$.history[3]`."""
    kind: str
    """What to make of it, in the words of its generation."""
    name: str | None
    """Its id; null when it has none."""
    is_shown: bool
    """Whether the model is told of it."""
    forgotten: frozenset[str] | None = None
    """For a condensation: the ids that the model no longer sees."""
    summary_offset: int | None = None
    """For a condensation: where in the new view its summary stands; null when it has none."""
    partner: str | None = None
    """What an action and an observation share that the log stores as a pair."""


class View(NamedTuple):
    """The events behind one prompt as it grew."""

    events: tuple[Event, ...]
    carried_count: int
    """How many at its start are taken over from the view before, the summary included."""


Converse = Callable[[Sequence[Event]], list[Message]]


def views(events: Iterable[Event]) -> list[View]:
    """Cut a log at its condensations; a log without any is one view.

    Raises:
        RecordFault: the model was told of no event.
    """
    found: list[View] = []
    current: list[Event] = []
    carried_count = 0
    for event in events:
        if event.forgotten is not None:
            found.append(View(tuple(current), carried_count))
            current = _condensed(current, event)
            carried_count = len(current)
        elif event.is_shown:
            current.append(event)
    found.append(View(tuple(current), carried_count))
    seen = [view for view in found if view.events]
    if not seen:
        raise RecordFault(RejectReason.EMPTY_CONVERSATION, "No event of the log is part of a prompt.")
    return seen


def unseen(events: Iterable[Event]) -> str | None:
    """Give the events that no view holds, as a JSON array: states, metrics, condensations without a summary."""
    raws = [event.raw.decode() for event in events if not event.is_shown and event.summary_offset is None]
    return f"[{','.join(raws)}]" if raws else None


def trajectories_of(whole: Trajectory, seen: Sequence[View], converse: Converse) -> tuple[Trajectory, ...]:
    """Make the trajectories of a log's views.

    Args:
        whole: the rollout's facts, still without messages.
        seen: the views of its log, at least one.
        converse: makes the linked messages of events.
    """
    branches = part_branches([tuple(converse(view.events)) for view in seen])
    attempt = replace(whole, messages=branches[0].own)
    made = [attempt]
    holders = [attempt]  # of each view: the trajectory that ends with it
    for view, branch in zip(seen[1:], branches[1:], strict=True):
        parent = holders[-1 if branch.parent is None else branch.parent]
        if branch.own:
            carried_count = len(converse(view.events[: view.carried_count]))
            made.append(_continuation(attempt, parent, branch, part=len(made), carried_count=carried_count))
        holders.append(made[-1] if branch.own else parent)
    return tuple(made)


def _continuation(
    attempt: Trajectory, parent: Trajectory, branch: Branch, *, part: int, carried_count: int
) -> Trajectory:
    return replace(
        attempt,
        record_part=part,
        messages=tuple(_carried(message, carried_count) for message in branch.own),
        shared_count=branch.shared_count,
        parent_id=parent.trajectory_id,
        relation=Relation.CONTINUATION,
        outcome_reward=None,
        scores=(),
        cost_usd=None,
        prompt_tokens=None,
        completion_tokens=None,
        extra=None,
    )


def _condensed(current: Sequence[Event], condensation: Event) -> list[Event]:
    kept = [event for event in current if event.name not in (condensation.forgotten or ())]
    if condensation.summary_offset is not None:
        kept.insert(condensation.summary_offset, condensation)
    return kept


def _carried(message: Message, carried_count: int) -> Message:
    is_copy = message.seq < carried_count and message.origin is Origin.SAMPLED
    return replace(message, origin=Origin.COPIED) if is_copy else message
