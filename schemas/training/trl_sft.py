"""TRL `SFTTrainer`: conversational language modelling, one trajectory per row.

Read against trl 1.16.0. Messages are a JSON column, see `json_columns`; tool schemas are a JSON string, which TRL parses
exactly. TRL knows no mask per message: with `assistant_only_loss=True` it trains every assistant message, so that masks
are changes.
"""

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from schemas.training import losses
from schemas.training.examples import TrainingExample
from schemas.training.format import Row
from schemas.training.json_columns import JSON_LIST
from schemas.training.trl_messages import TrlMessages


@dataclass(frozen=True, kw_only=True)
class TrlSft(TrlMessages[TrainingExample]):
    """Rows for TRL's `SFTTrainer`."""

    name: ClassVar = "trl_sft"
    version: ClassVar = "3"
    unit: ClassVar = "trajectory"
    suffix: ClassVar = "parquet"

    @property
    def arrow_schema(self) -> pa.Schema:
        """Columns: the conversation, its tools, and whose it is."""
        return pa.schema(
            [
                pa.field("messages", JSON_LIST),
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
                "messages": self.written_messages(example.messages),
                "tools": None if trajectory.toolset is None else trajectory.toolset.tools,
                "trajectory_id": trajectory.trajectory_id,
                "task_id": trajectory.task.task_id,
            }
        ]

    def changes(self, example: TrainingExample) -> dict[str, int]:
        """Count masks, weights and spans, for the trainer trains every assistant message whole; and broken arguments."""
        by_role = losses.present(
            {
                "loss_mask_per_message": losses.count_masked(example),
                "loss_weight": losses.count_weighted(example),
                "loss_spans": losses.count_spans(example),
            }
        )
        return by_role | self.call_changes(*example.messages)

    def losses(self, example: TrainingExample) -> dict[str, int]:
        """Count parts of content, absent tool schemas, and messages behind the last trained one."""
        return losses.count_left_out(example)
