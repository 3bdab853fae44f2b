"""TRL `SFTTrainer`: conversational language modelling, one trajectory per row.

Read against trl 1.16.0. Arguments and tool schemas are JSON strings, because `datasets` would pad structs with nulls
and so change the arguments that are trained. TRL knows no mask per message: with `assistant_only_loss=True` it
trains every assistant message, so context-only ones are counted as a loss.
"""

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from schemas.training import losses
from schemas.training.format import Row, TrainingExample
from schemas.trajectory import Message, ToolCall

_FUNCTION = pa.struct([pa.field("name", pa.string()), pa.field("arguments", pa.string())])
_TOOL_CALL = pa.struct(
    [pa.field("id", pa.string()), pa.field("type", pa.string()), pa.field("function", _FUNCTION)]
)
_MESSAGE = pa.struct(
    [
        pa.field("role", pa.string()),
        pa.field("content", pa.string()),
        pa.field("reasoning_content", pa.string()),
        pa.field("tool_calls", pa.list_(_TOOL_CALL)),
        pa.field("tool_call_id", pa.string()),
        pa.field("name", pa.string()),
    ]
)


@dataclass(frozen=True, kw_only=True)
class TrlSft:
    """Rows for TRL's `SFTTrainer`."""

    name: str = "trl_sft"
    version: str = "1"
    unit: Literal["trajectory"] = "trajectory"
    suffix: Literal["parquet"] = "parquet"

    @property
    def arrow_schema(self) -> pa.Schema:
        """Columns: the conversation, its tools, and whose it is."""
        return pa.schema(
            [
                pa.field("messages", pa.list_(_MESSAGE)),
                pa.field("tools", pa.string()),
                pa.field("trajectory_id", pa.string()),
                pa.field("task_id", pa.string()),
            ]
        )

    def row(self, example: TrainingExample) -> Row:
        """Write the conversation up to its last trained message."""
        trajectory = example.trajectory
        return {
            "messages": [_message(message) for message in example.messages],
            "tools": None if trajectory.toolset is None else trajectory.toolset.tools,
            "trajectory_id": trajectory.trajectory_id,
            "task_id": trajectory.task.task_id,
        }

    def losses(self, example: TrainingExample) -> dict[str, int]:
        """Count masks and weights, parts of content, absent tool schemas, and messages behind the last trained one."""
        return losses.present(
            {
                "loss_mask_per_message": losses.count_masked(example),
                "loss_weight": losses.count_weighted(example),
                "content_parts": sum(message.content_json is not None for message in example.messages),
                "no_tool_schemas": losses.count_missing_tool_schemas(example),
                "trailing_context_messages": example.trailing_count,
            }
        )


TRL_SFT = TrlSft()


def _message(message: Message) -> Row:
    return {
        "role": message.role.value,
        "content": message.text,
        "reasoning_content": message.reasoning,
        "tool_calls": [_tool_call(call) for call in message.tool_calls] or None,
        "tool_call_id": message.tool_call_id,
        "name": message.name,
    }


def _tool_call(call: ToolCall) -> Row:
    return {
        "id": call.call_id,
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    }
