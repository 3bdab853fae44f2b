"""Trainers that read conversations and train by role alone: prime-rl, SkyRL and NeMo-RL.

Each trains every assistant message whole, so masks, weights and spans are changes; SkyRL can also be told to train the
last one only, and then several rows together train what was meant. Written after their sources (prime-rl, SkyRL 0.3.0
and NeMo-RL as of autumn 2026); their loaders were not run here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from schemas.training import losses
from schemas.training.conversations import message_type, write_message
from schemas.training.examples import TaskExample, TrainingExample
from schemas.training.format import Row, TrainingFormat
from schemas.training.task_rows import prompt_rows, task_columns, task_losses
from schemas.trajectory import Message


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
    """Rows for prime-rl's SFT trainer."""

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

    def rows(self, example: TrainingExample) -> list[Row]:
        """Write the conversation up to its last trained message."""
        return [_conversation(example, example.messages)]


@dataclass(frozen=True, kw_only=True)
class SkyrlSft(PrimeRlSft):
    """Rows for SkyRL's SFT trainer.

    Whole rows are for `train_on_what=all_assistant_messages`. With `unsupported: split` a masked trajectory becomes a
    row per trained turn, which ends with it: train those with `last_assistant_message`.
    """

    name: ClassVar = "skyrl_sft"
    version: ClassVar = "1"
    can_split: ClassVar = True

    def split_rows(self, example: TrainingExample) -> list[Row]:
        """Write a row per trained turn, with all that came before it."""
        messages = example.messages
        return [
            _conversation(example, messages[: at + 1])
            for at, message in enumerate(messages)
            if example.label(message).is_trained
        ]

    def split_changes(self, example: TrainingExample) -> dict[str, int]:
        """Count weights and spans, which no row of one turn carries either."""
        return losses.present(
            {"loss_weight": losses.count_weighted(example), "loss_spans": losses.count_spans(example)}
        )


@dataclass(frozen=True, kw_only=True)
class NemoRlSft(_ByRole):
    """Lines for NeMo-RL's `OpenAIFormatDataset`, to be read with `use_preserving_dataset=True`.

    That reader takes the lines as they are; without it, `datasets` pads what differs between rows with nulls.
    """

    name: ClassVar = "nemo_rl_sft"
    version: ClassVar = "1"
    suffix: ClassVar = "jsonl"

    def rows(self, example: TrainingExample) -> list[Row]:
        """Write the conversation; what a message does not have is left out."""
        row = _conversation(example, example.messages)
        row["messages"] = [
            {name: value for name, value in message.items() if value is not None or name == "content"}
            for message in row["messages"]
        ]
        return [{name: value for name, value in row.items() if value is not None}]


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
