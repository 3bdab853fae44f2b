"""What a corruption is: a rule that puts one known fault into a trajectory, as a new one that points at its parent."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

import msgspec

from curation.described import Identified
from curation.synthesis.copies import number
from curation.synthesis.stock import Stock
from schemas.reasons import CorruptionReason
from schemas.trajectory import Message, Relation, Role, Status, Trajectory


class Strategy(StrEnum):
    """Where the fault enters; the first two are AEGIS's (arXiv 2509.14295), the last is ours."""

    PROMPT_INJECTION = "prompt_injection"
    """What the agent reads is changed: the user's words, or a result."""
    RESPONSE_CORRUPTION = "response_corruption"
    """What the agent says or calls is changed."""
    STEP_EDIT = "step_edit"
    """Whole steps are removed, moved, repeated or added."""


@dataclass(frozen=True, kw_only=True)
class Edit:
    """What a rule makes of one conversation, before messages are numbered anew."""

    messages: Sequence[Message]
    """In their new order, under the numbers that links name; new ones have free numbers."""
    detail: dict[str, Any]
    """What was changed, from what, to what: JSON values."""


@dataclass(frozen=True, kw_only=True)
class Corrupted:
    """A child with the facts of its label."""

    trajectory: Trajectory
    mode: str
    taxonomy: str | None
    strategy: Strategy
    seq: int | None
    """First message of the child that is not the parent's at that place; null: the child only ends earlier."""
    step: int | None
    """The agent's turn at or right before `seq`, from 0; null before its first turn, and where `seq` is null."""
    detail: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Corruption(Identified, ABC):
    """Base of all corruptions; a member's fields are its parameters.

    Place and value depend on rule, seed and trajectory id, and on what the stock holds, never on the order of rows.
    What follows the fault stays as the parent has it: nothing is run again, so the outcome of a child is unknown.
    """

    name: ClassVar[str]
    version: ClassVar[str]
    """A change of what is written changes this, and with it the ids of the children."""
    strategy: ClassVar[Strategy]
    published_as: ClassVar[str | None] = None
    """`SYSTEM:NAME` of the published fault that this makes; null for a kind of ours."""

    seed: int = 0
    """Another seed makes another child of each parent, often at another place."""

    @property
    def taxonomy(self) -> str | None:
        """Name the published fault that this makes; null for a kind of ours."""
        return self.published_as

    def key(self, trajectory: Trajectory) -> str:
        """Give what all choices for one trajectory are made by."""
        return f"{self.rule} {trajectory.trajectory_id}"

    @abstractmethod
    def edit(self, trajectory: Trajectory, stock: Stock) -> Edit | CorruptionReason:
        """Put the fault into a whole conversation, or say why there is no place for it."""

    def corrupt(self, trajectory: Trajectory, stock: Stock) -> Corrupted | CorruptionReason:
        """Make the child of one trajectory, or say why there is none."""
        if trajectory.relation is Relation.CORRUPTION:
            return CorruptionReason.ALREADY_CORRUPTED
        if trajectory.shared_count:
            return CorruptionReason.SHARED_START_MISSING
        edit = self.edit(trajectory, stock)
        return edit if isinstance(edit, CorruptionReason) else self._label(trajectory, edit)

    def corrupt_all(
        self, trajectories: Sequence[Trajectory], stock: Stock
    ) -> list[Corrupted | CorruptionReason]:
        """Corrupt each trajectory for itself, in order.

        Args:
            trajectories: whole conversations; one that lacks its shared start is left out with that reason.
            stock: what other trajectories say, from which plausible wrong values are taken.
        """
        return [self.corrupt(trajectory, stock) for trajectory in trajectories]

    def _label(self, parent: Trajectory, edit: Edit) -> Corrupted:
        first = _first_change(parent.messages, edit.messages)
        messages = number(edit.messages, first)
        seq = first if first < len(messages) else None
        return Corrupted(
            trajectory=self._child(parent, messages),
            mode=self.name,
            taxonomy=self.taxonomy,
            strategy=self.strategy,
            seq=seq,
            step=None if seq is None else _step_at(messages, seq),
            detail=edit.detail,
        )

    def _child(self, parent: Trajectory, messages: tuple[Message, ...]) -> Trajectory:
        return msgspec.structs.replace(
            parent,
            messages=messages,
            parent_id=parent.trajectory_id,
            relation=Relation.CORRUPTION,
            repair_rule=self.rule,
            status=Status.UNKNOWN,
            termination_reason=None,
            outcome_reward=None,
            scores=(),
            cost_usd=None,
            prompt_tokens=None,
            completion_tokens=None,
            extra=None,
        )


def replaced(messages: Sequence[Message], *changed: Message) -> list[Message]:
    """Put changed messages in the place of those that have their numbers."""
    others = {message.seq: message for message in changed}
    return [others.get(message.seq, message) for message in messages]


def _first_change(before: Sequence[Message], after: Sequence[Message]) -> int:
    pairs = enumerate(zip(before, after, strict=False))
    return next((seq for seq, (old, new) in pairs if old != new), min(len(before), len(after)))


def _step_at(messages: Sequence[Message], seq: int) -> int | None:
    turn_count = sum(message.role is Role.ASSISTANT for message in messages[: seq + 1])
    return turn_count - 1 if turn_count else None
