"""What a training format gets: one curated example, of one of four kinds.

A trajectory with its labels, a task to practise on, a pair to prefer one side of, or a labelled piece of a trajectory.
Gold answers and private instructions cannot leak from here: no format opens `Task.secrets`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from schemas.trajectory import Message, Origin, Role, Task, Toolset, Trajectory


class Part(StrEnum):
    """Which of an assistant message's texts a span lies in."""

    TEXT = "text"
    REASONING = "reasoning"
    CALL = "call"


@dataclass(frozen=True, kw_only=True)
class Span:
    """Characters of an assistant message that differ from the rest of it; of two that overlap the later counts."""

    part: Part
    call: int | None = None
    """Index into `tool_calls`; null unless the part is a call."""
    begin: int = 0
    """First character, in the text, the reasoning, or the call's raw argument string."""
    end: int | None = None
    """Behind the last character; null means to the end. A call from 0 to its end is the whole call, its name too."""
    is_trained: bool
    weight: float


@dataclass(frozen=True, kw_only=True)
class Label:
    """What a trainer should do with one message."""

    is_trained: bool
    """True when its tokens carry loss; else it is context."""
    weight: float
    """Loss weight, 0 or more; 0 for context."""
    advantage: float | None = None
    """Advantage of its tokens; null when unknown, and for context."""
    spans: tuple[Span, ...] = ()
    """Where it is not as the rest of the message."""

    @property
    def trains_anything(self) -> bool:
        """Tell whether any of its tokens carries loss."""
        return self.is_trained or any(span.is_trained for span in self.spans)


CONTEXT = Label(is_trained=False, weight=0.0)


@dataclass(frozen=True, kw_only=True)
class TrainingExample:
    """One kept trajectory with the view of it that a recipe chose."""

    trajectory: Trajectory
    labels: Mapping[int, Label]
    """Label per `seq`; a message without one is context."""
    split: str | None = None
    """Split of the dataset; null when it has none."""

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages up to the last trained one; all when none is trained.

        Whatever follows the last trained message cannot change its loss, and OpenAI's format ends with the assistant.
        """
        messages = self.trajectory.messages
        trained = [message.seq for message in messages if self.label(message).trains_anything]
        return messages[: trained[-1] + 1] if trained else messages

    @property
    def trailing_count(self) -> int:
        """How many messages `messages` leaves out."""
        return len(self.trajectory.messages) - len(self.messages)

    def label(self, message: Message) -> Label:
        """Give a message's label; only an assistant's words can be trained."""
        return self.labels.get(message.seq, CONTEXT) if message.role is Role.ASSISTANT else CONTEXT


@dataclass(frozen=True, kw_only=True)
class TaskExample:
    """One task to practise on, as the group of its trials describes it."""

    task: Task
    prompt: tuple[Message, ...]
    """What the policy is told before its first word, see `prompt_messages`."""
    toolset: Toolset | None = None
    figures: Mapping[str, float | int | None] = field(default_factory=dict)
    """Figures of the group by column name: `trial_count`, `pass_rate`, `reward_mean`; null is unknown."""
    split: str | None = None


@dataclass(frozen=True, kw_only=True)
class PairExample:
    """Two ways to go on from one context, of which one is better."""

    pair_id: str
    kind: str
    """Name of the rule that paired them."""
    task: Task
    context: tuple[Message, ...]
    """What both sides have before them, word for word."""
    chosen: tuple[Message, ...]
    rejected: tuple[Message, ...]
    chosen_id: str
    """Trajectory that the better side is from, or about; of critiques, the kept one that brings it."""
    rejected_id: str
    toolset: Toolset | None = None
    margin: float | None = None
    """By how much the better side is better, in the unit of the rule; null when it has none."""
    weight: float = 1.0
    split: str | None = None


@dataclass(frozen=True, kw_only=True)
class SampleExample:
    """A piece of a trajectory that is labelled good or bad, or has a value."""

    sample_id: str
    kind: str
    """Name of the rule that labelled it."""
    task: Task
    trajectory_id: str
    context: tuple[Message, ...]
    completion: tuple[Message, ...]
    toolset: Toolset | None = None
    is_good: bool | None = None
    """Null when only a value is known."""
    value: float | None = None
    """Value in the unit of the rule; null when only good or bad is known."""
    split: str | None = None


Example = TrainingExample | TaskExample | PairExample | SampleExample


def prompt_messages(trajectory: Trajectory) -> tuple[Message, ...]:
    """Give the messages before the policy's first own word: the prompt of an RL task."""
    messages = trajectory.messages
    first = next(
        (
            message.seq
            for message in messages
            if message.role is Role.ASSISTANT and message.origin is Origin.SAMPLED
        ),
        len(messages),
    )
    return messages[:first]
