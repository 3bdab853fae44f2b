"""What a training format is: from one curated example to one row that a trainer's own loader reads.

A member is one module with one frozen instance, and one line in `TRAINING_FORMATS`. Files are written by `flows`;
nothing here opens one. Gold answers and private instructions cannot leak from here: no member opens `Task.secrets`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar

import pyarrow as pa

from schemas.trajectory import Message, Origin, Role, Task, Toolset, Trajectory

ExampleT_contra = TypeVar("ExampleT_contra", contravariant=True)

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Label:
    """What a trainer should do with one message."""

    is_trained: bool
    """True when its tokens carry loss; else it is context."""
    weight: float
    """Loss weight, 0 or more; 0 for context."""


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
        trained = [message.seq for message in messages if self.label(message).is_trained]
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


class TrainingFormat(Protocol[ExampleT_contra]):
    """One trainer's format."""

    @property
    def name(self) -> str:
        """The name that a recipe's `exports` takes."""

    @property
    def version(self) -> str:
        """Version of the format; a change of what it writes changes this."""

    @property
    def unit(self) -> Literal["trajectory", "task"]:
        """What one row is: it decides whether `row` takes a `TrainingExample` or a `TaskExample`."""

    @property
    def suffix(self) -> Literal["parquet", "jsonl"]:
        """The kind of file, which is also the suffix of its name."""

    @property
    def arrow_schema(self) -> pa.Schema | None:
        """The columns of a Parquet file; null for JSON Lines."""

    def row(self, example: ExampleT_contra) -> Row:
        """Write one row; the same example always gives the same row, with its keys in the same order."""

    def losses(self, example: ExampleT_contra) -> dict[str, int]:
        """Count what the row cannot carry, by kind; a kind without a case is left out."""


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
