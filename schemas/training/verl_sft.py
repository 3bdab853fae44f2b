"""verl's multi-turn SFT data: one trajectory per row, and a dataset class for `data.custom_cls` beside it.

Read against verl 0.9.1, whose `MultiTurnSFTDataset` was run. By itself it trains every assistant message, wants tools
as native structs (which Parquet pads with nulls, see `conversations`), and hands arguments on as the string that they
are, which Llama's and Hermes' templates quote. The class in `winnow_verl.py` inherits from it, parses both strings and
takes a message that is not trained out of the loss. What verl renders it renders message by message, and stops when
that is not the whole: with Qwen3's thinking template always, and with Qwen's templates at parallel calls.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from schemas.training import losses
from schemas.training.conversations import message_type, write_message
from schemas.training.examples import TrainingExample
from schemas.training.format import Row, TrainingFormat
from schemas.training.verl_dataset import DATASET_FILE, DATASET_SOURCE
from schemas.trajectory import Message, Role


@dataclass(frozen=True, kw_only=True)
class VerlSft(TrainingFormat[TrainingExample]):
    """Rows for verl's SFT trainer."""

    name: ClassVar = "verl_sft"
    version: ClassVar = "2"
    unit: ClassVar = "trajectory"
    suffix: ClassVar = "parquet"

    enable_thinking: bool = True
    """What the chat template is told of thinking."""

    @property
    def arrow_schema(self) -> pa.Schema:
        """Columns: verl's own, and whose the conversation is."""
        return pa.schema(
            [
                pa.field("messages", pa.list_(message_type(pa.field("train", pa.bool_())))),
                pa.field("tools", pa.string()),
                pa.field("enable_thinking", pa.bool_()),
                pa.field("trajectory_id", pa.string()),
                pa.field("task_id", pa.string()),
            ]
        )

    def rows(self, example: TrainingExample) -> list[Row]:
        """Write the conversation up to its last trained message."""
        trajectory = example.trajectory
        row = {
            "messages": [_message(message, example) for message in example.messages],
            "tools": None if trajectory.toolset is None else trajectory.toolset.tools,
            "enable_thinking": self.enable_thinking,
            "trajectory_id": trajectory.trajectory_id,
            "task_id": trajectory.task.task_id,
        }
        return [row]

    def changes(self, example: TrainingExample) -> dict[str, int]:
        """Count weights, spans, broken arguments, and a trained first message: the tool schemas would be trained with it."""
        return losses.present(
            {
                "loss_weight": losses.count_weighted(example),
                "loss_spans": losses.count_spans(example),
                "trained_first_message": losses.count_trained_first_message(example),
                "unparsable_arguments": losses.count_unparsable_arguments(example),
            }
        )

    def losses(self, example: TrainingExample) -> dict[str, int]:
        """Count what the rows leave out, and where verl stops with templates that join results."""
        return losses.count_left_out(example) | losses.present(
            {"parallel_results": losses.count_parallel_results(example)}
        )

    def side_files(self, name: str, files: Mapping[str, Sequence[str]]) -> dict[str, bytes]:
        """Write the dataset class, whatever the dataset."""
        del name, files
        return {DATASET_FILE: DATASET_SOURCE.encode()}


def _message(message: Message, example: TrainingExample) -> Row:
    is_trained = example.label(message).is_trained if message.role is Role.ASSISTANT else None
    return write_message(message) | {"content": message.text or "", "train": is_trained}
