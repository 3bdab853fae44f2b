"""TRL's `KTOTrainer`: a prompt, a continuation, and whether it is good, per row.

Read against trl 1.16.0, whose trainer was run. It puts everything behind the prompt into the loss: a piece of several
messages is refused unless `unsupported` says otherwise. Messages are JSON columns, see `json_columns`.
"""

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from schemas.training import losses
from schemas.training.examples import SampleExample
from schemas.training.format import Row
from schemas.training.json_columns import JSON_LIST
from schemas.training.sides import sample_changes
from schemas.training.trl_messages import TrlMessages


@dataclass(frozen=True, kw_only=True)
class TrlKto(TrlMessages[SampleExample]):
    """Rows for TRL's `KTOTrainer`."""

    name: ClassVar = "trl_kto"
    version: ClassVar = "2"
    unit: ClassVar = "sample"
    suffix: ClassVar = "parquet"

    @property
    def arrow_schema(self) -> pa.Schema:
        """Columns: prompt, completion, label, tools, and whose they are."""
        return pa.schema(
            [
                pa.field("prompt", JSON_LIST),
                pa.field("completion", JSON_LIST),
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
            "prompt": self.written_messages(example.context),
            "completion": self.written_messages(example.completion),
            "label": example.is_good,
            "tools": None if example.toolset is None else example.toolset.tools,
            "sample_id": example.sample_id,
            "task_id": example.task.task_id,
            "trajectory_id": example.trajectory_id,
        }
        return [row]

    def changes(self, example: SampleExample) -> dict[str, int]:
        """Count pieces that are not one turn of the assistant, unknown labels, and broken arguments."""
        return sample_changes(example) | self.call_changes(*example.context, *example.completion)

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
