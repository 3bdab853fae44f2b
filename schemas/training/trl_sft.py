"""TRL `SFTTrainer`: conversational language modelling, one trajectory per row.

Read against trl 1.16.0. Arguments and tool schemas are JSON strings, because `datasets` would pad structs with nulls
and so change the arguments that are trained. TRL knows no mask per message: with `assistant_only_loss=True` it
trains every assistant message, so context-only ones are counted as a loss.
"""

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from schemas.training import losses
from schemas.training.conversations import message_type, write_message
from schemas.training.examples import TrainingExample
from schemas.training.format import Row, TrainingFormat


@dataclass(frozen=True, kw_only=True)
class TrlSft(TrainingFormat[TrainingExample]):
    """Rows for TRL's `SFTTrainer`."""

    name: ClassVar = "trl_sft"
    version: ClassVar = "2"
    unit: ClassVar = "trajectory"
    suffix: ClassVar = "parquet"

    @property
    def arrow_schema(self) -> pa.Schema:
        """Columns: the conversation, its tools, and whose it is."""
        return pa.schema(
            [
                pa.field("messages", pa.list_(message_type())),
                pa.field("tools", pa.string()),
                pa.field("trajectory_id", pa.string()),
                pa.field("task_id", pa.string()),
            ]
        )

    def rows(self, example: TrainingExample) -> list[Row]:
        """Write the conversation up to its last trained message."""
        trajectory = example.trajectory
        return [
            {
                "messages": [write_message(message) for message in example.messages],
                "tools": None if trajectory.toolset is None else trajectory.toolset.tools,
                "trajectory_id": trajectory.trajectory_id,
                "task_id": trajectory.task.task_id,
            }
        ]

    def changes(self, example: TrainingExample) -> dict[str, int]:
        """Count masks, weights and spans: the trainer trains every assistant message whole."""
        return losses.present(
            {
                "loss_mask_per_message": losses.count_masked(example),
                "loss_weight": losses.count_weighted(example),
                "loss_spans": losses.count_spans(example),
            }
        )

    def losses(self, example: TrainingExample) -> dict[str, int]:
        """Count parts of content, absent tool schemas, and messages behind the last trained one."""
        return losses.present(
            {
                "content_parts": sum(message.content_json is not None for message in example.messages),
                "no_tool_schemas": losses.count_missing_tool_schemas(example),
                "trailing_context_messages": example.trailing_count,
            }
        )
