"""TRL's `KTOTrainer`: a prompt, a continuation, and whether it is good, per row.

Read against trl 1.16.0, whose trainer was run. It puts everything behind the prompt into the loss: a piece of several
messages is refused unless `unsupported` says otherwise.
"""

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from schemas.training import losses
from schemas.training.conversations import message_type, write_message
from schemas.training.examples import SampleExample
from schemas.training.format import Row, TrainingFormat
from schemas.training.sides import sample_changes


@dataclass(frozen=True, kw_only=True)
class TrlKto(TrainingFormat[SampleExample]):
    """Rows for TRL's `KTOTrainer`."""

    name: ClassVar = "trl_kto"
    version: ClassVar = "1"
    unit: ClassVar = "sample"
    suffix: ClassVar = "parquet"

    @property
    def arrow_schema(self) -> pa.Schema:
        """Columns: prompt, completion, label, tools, and whose they are."""
        words = pa.list_(message_type())
        return pa.schema(
            [
                pa.field("prompt", words),
                pa.field("completion", words),
                pa.field("label", pa.bool_()),
                pa.field("tools", pa.string()),
                pa.field("sample_id", pa.string()),
                pa.field("task_id", pa.string()),
                pa.field("trajectory_id", pa.string()),
            ]
        )

    def rows(self, example: SampleExample) -> list[Row]:
        """Write the piece; one without a label has no row."""
        if example.is_good is None:
            return []
        row = {
            "prompt": [write_message(message) for message in example.context],
            "completion": [write_message(message) for message in example.completion],
            "label": example.is_good,
            "tools": None if example.toolset is None else example.toolset.tools,
            "sample_id": example.sample_id,
            "task_id": example.task.task_id,
            "trajectory_id": example.trajectory_id,
        }
        return [row]

    def changes(self, example: SampleExample) -> dict[str, int]:
        """Count pieces that are not one turn of the assistant, and unknown labels."""
        return sample_changes(example)

    def losses(self, example: SampleExample) -> dict[str, int]:
        """Count values, parts of content and absent tool schemas."""
        messages = (*example.context, *example.completion)
        has_calls = any(message.tool_calls for message in messages)
        return losses.present(
            {
                "sample_value": int(example.value is not None),
                "content_parts": sum(message.content_json is not None for message in messages),
                "no_tool_schemas": int(has_calls and example.toolset is None),
            }
        )
