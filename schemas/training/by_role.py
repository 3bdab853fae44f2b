"""Trainers that read conversations and train by role alone: prime-rl, SkyRL and NeMo-RL.

Each trains every assistant message whole, so masks, weights and spans are changes; SkyRL can also be told to train the
last one only, and then several rows together train what was meant. Their own loaders were run over our rows (SkyRL 0.3.0
from the index, prime-rl 00a0a32 and NeMo-RL by hand copies of the modules that mask): see docs/training-formats.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Literal

import msgspec
import pyarrow as pa

from schemas.training import losses
from schemas.training.conversations import message_type, with_object, write_message
from schemas.training.examples import TaskExample, TrainingExample
from schemas.training.format import Row, TrainingFormat, Unsupported
from schemas.training.task_rows import prompt_rows, task_columns, task_losses
from schemas.trajectory import Message, Role


@dataclass(frozen=True, kw_only=True)
class _ByRole(TrainingFormat[TrainingExample]):
    unit: ClassVar = "trajectory"

    def changes(self, example: TrainingExample) -> dict[str, int]:
        """Count masks, weights and spans."""
        return losses.present(
            {
                "loss_mask_per_message": losses.count_masked(example),
                "loss_weight": losses.count_weighted(example),
                "loss_spans": losses.count_spans(example),
            }
        )

    def losses(self, example: TrainingExample) -> dict[str, int]:
        """Count parts of content, absent tool schemas, and messages behind the last trained one."""
        return losses.count_left_out(example)


@dataclass(frozen=True, kw_only=True)
class PrimeRlSft(_ByRole):
    """Rows for prime-rl's SFT trainer, which parses arguments and schemas and leaves nulls out."""

    name: ClassVar = "prime_rl_sft"
    version: ClassVar = "1"
    suffix: ClassVar = "parquet"

    @property
    def arrow_schema(self) -> pa.Schema:
        """Columns: the conversation, its tools as a JSON string, and whose it is."""
        columns: dict[str, pa.DataType] = {
            "messages": pa.list_(message_type()),
            "tools": pa.string(),
            "trajectory_id": pa.string(),
            "task_id": pa.string(),
        }
        return pa.schema(columns)

    def changes(self, example: TrainingExample) -> dict[str, int]:
        """Count masks, weights, spans, and arguments that are no JSON, at which prime-rl stops and SkyRL quotes."""
        broken = {"unparsable_arguments": losses.count_unparsable_arguments(example)}
        return super().changes(example) | losses.present(broken)

    def rows(self, example: TrainingExample) -> list[Row]:
        """Write the conversation up to its last trained message."""
        return [_conversation(example, example.messages)]


@dataclass(frozen=True, kw_only=True)
class SkyrlSft(PrimeRlSft):
    """Rows for SkyRL's SFT trainer.

    Whole rows are for `train_on_what=all_assistant_messages`. With `unsupported: split` every trajectory becomes a row
    per trained turn, which ends with it: train those with `last_assistant_message`, which holds for the whole data set
    and trains nothing but the last turn of a row, so that no whole row may be among them. Whole rows are rendered message
    by message: SkyRL stops at a conversation that begins with the assistant, and at a later word of the system.
    """

    name: ClassVar = "skyrl_sft"
    version: ClassVar = "2"
    can_split: ClassVar = True

    def rows(self, example: TrainingExample) -> list[Row]:
        """Write the conversation up to its last trained message, or what `split_rows` writes."""
        return self.split_rows(example) if self.unsupported is Unsupported.SPLIT else super().rows(example)

    def changes(self, example: TrainingExample) -> dict[str, int]:
        """Count what no loss by role carries, and what SkyRL stops at."""
        stops = {
            "assistant_first": sum(message.role is Role.ASSISTANT for message in example.messages[:1]),
            "later_system_messages": _count_later_system_messages(example),
        }
        return super().changes(example) | losses.present(stops)

    def losses(self, example: TrainingExample) -> dict[str, int]:
        """Count what is left out, and in whole rows the results that become turns of their own."""
        is_split = self.unsupported is Unsupported.SPLIT
        parallel = 0 if is_split else losses.count_parallel_results(example)
        return super().losses(example) | losses.present({"parallel_results": parallel})

    def split_rows(self, example: TrainingExample) -> list[Row]:
        """Write a row per trained turn, with all that came before it."""
        messages = example.messages
        return [
            _conversation(example, messages[: at + 1])
            for at, message in enumerate(messages)
            if example.label(message).is_trained
        ]

    def split_changes(self, example: TrainingExample) -> dict[str, int]:
        """Count weights, spans and broken arguments, and a row that would hold nothing but the trained turn."""
        return losses.present(
            {
                "loss_weight": losses.count_weighted(example),
                "loss_spans": losses.count_spans(example),
                "trained_first_message": losses.count_trained_first_message(example),
                "unparsable_arguments": losses.count_unparsable_arguments(example),
            }
        )


@dataclass(frozen=True, kw_only=True)
class NemoRlSft(_ByRole):
    """Lines for NeMo-RL's `OpenAIFormatDataset`, to be read with `use_preserving_dataset=True`.

    That reader takes the lines as they are and hands tools and arguments to the template untouched, so tools are native
    here. Without it, `datasets` pads what differs between rows with nulls.
    """

    name: ClassVar = "nemo_rl_sft"
    version: ClassVar = "3"
    suffix: ClassVar = "jsonl"

    arguments: Literal["string", "object"] = "string"
    """How calls carry their arguments: as the exact string (Qwen's templates write it as it stands), or as the object
    that templates such as Llama's and Hermes' need, which they spell anew."""

    def rows(self, example: TrainingExample) -> list[Row]:
        """Write the conversation; what a message does not have is left out."""
        row = _conversation(example, example.messages)
        tools = row.pop("tools")
        row["messages"] = [self._message(message) for message in row["messages"]]
        return [row if tools is None else row | {"tools": msgspec.Raw(tools.encode())}]

    def changes(self, example: TrainingExample) -> dict[str, int]:
        """Count masks, weights, spans, a trained first message, and arguments that a template would quote or write bare."""
        more = {
            "trained_first_message": losses.count_trained_first_message(example),
            "unparsable_arguments": losses.count_unparsable_arguments(example),
        }
        return super().changes(example) | losses.present(more)

    def losses(self, example: TrainingExample) -> dict[str, int]:
        """Count what is left out, and messages of others in a row, before which the template can leave a stray heading."""
        return super().losses(example) | losses.present({"stray_headings": _count_stray_headings(example)})

    def _message(self, message: Row) -> Row:
        written = {name: value for name, value in message.items() if value is not None or name == "content"}
        if self.arguments == "object" and "tool_calls" in written:
            written["tool_calls"] = [with_object(call) for call in written["tool_calls"]]
        return written


@dataclass(frozen=True, kw_only=True)
class SkyrlRl(TrainingFormat[TaskExample]):
    """Rows for SkyRL's RL trainers: `prompt`, `env_class`, and columns that reach the environment."""

    name: ClassVar = "skyrl_rl"
    version: ClassVar = "1"
    unit: ClassVar = "task"
    suffix: ClassVar = "parquet"

    env_class: str = "winnow"
    """The environment's name in SkyRL's registry; null rows do not exist there."""

    @property
    def arrow_schema(self) -> pa.Schema:
        """Columns: the prompt, the environment, which task it is, and how its trials went."""
        message = pa.struct([pa.field("role", pa.string()), pa.field("content", pa.string())])
        columns: dict[str, pa.DataType] = {
            "prompt": pa.list_(message),
            "env_class": pa.string(),
            "tools": pa.string(),
            **dict.fromkeys(("task_id", "task_key", "benchmark", "split"), pa.string()),
            "trial_count": pa.int64(),
            "pass_rate": pa.float64(),
            "reward_mean": pa.float64(),
        }
        return pa.schema(columns)

    def rows(self, example: TaskExample) -> list[Row]:
        """Write the prompt and what the environment is asked by."""
        tools = None if example.toolset is None else example.toolset.tools
        head = {"prompt": prompt_rows(example), "env_class": self.env_class, "tools": tools}
        return [head | task_columns(example)]

    def losses(self, example: TaskExample) -> dict[str, int]:
        """Count what a prompt cannot carry."""
        return task_losses(example)


def _conversation(example: TrainingExample, messages: Sequence[Message]) -> Row:
    trajectory = example.trajectory
    return {
        "messages": [write_message(message) for message in messages],
        "tools": None if trajectory.toolset is None else trajectory.toolset.tools,
        "trajectory_id": trajectory.trajectory_id,
        "task_id": trajectory.task.task_id,
    }


def _count_later_system_messages(example: TrainingExample) -> int:
    """Words of the system behind the assistant's first."""
    roles = [message.role for message in example.messages]
    first = roles.index(Role.ASSISTANT) if Role.ASSISTANT in roles else len(roles)
    return sum(role is Role.SYSTEM for role in roles[first:])


def _count_stray_headings(example: TrainingExample) -> int:
    """Messages of users and tools right behind another: with `add_generation_prompt` a heading comes between."""
    others = {Role.USER, Role.TOOL}
    return sum(one.role in others and other.role in others for one, other in pairwise(example.messages))
