"""Rollouts for others to read on: ATIF documents, and rows as `datasets` makes them of agent traces.

No trainer reads labels from these: what is masked, weighted or labelled in parts is a change.
"""

from dataclasses import dataclass
from typing import ClassVar

import msgspec
import pyarrow as pa

from schemas.interchange import ROLLOUT_WRITERS
from schemas.training import losses
from schemas.training.conversations import write_message
from schemas.training.examples import TrainingExample
from schemas.training.format import Row, TrainingFormat
from schemas.training.json_columns import JSON_LIST, call_with_object, count_unreadable_numbers
from schemas.trajectory import Message, Role


def _changes(example: TrainingExample) -> dict[str, int]:
    return losses.present(
        {
            "loss_mask_per_message": losses.count_masked(example),
            "loss_weight": losses.count_weighted(example),
            "loss_spans": losses.count_spans(example),
        }
    )


@dataclass(frozen=True, kw_only=True)
class Atif(TrainingFormat[TrainingExample]):
    """One ATIF v1.8 document per line, as `winnow convert --to atif` writes it."""

    name: ClassVar = "atif"
    version: ClassVar = "1"
    unit: ClassVar = "trajectory"
    suffix: ClassVar = "jsonl"

    def rows(self, example: TrainingExample) -> list[Row]:
        """Write the whole trajectory, what is behind the last trained message too."""
        written = ROLLOUT_WRITERS["atif"].write(example.trajectory)
        return [dict(msgspec.json.decode(written.raw, type=dict[str, msgspec.Raw]))]

    def changes(self, example: TrainingExample) -> dict[str, int]:
        """Count masks, weights and spans."""
        return _changes(example)

    def losses(self, example: TrainingExample) -> dict[str, int]:
        """Count what the document does not give back when it is read."""
        return dict(ROLLOUT_WRITERS["atif"].write(example.trajectory).losses)


@dataclass(frozen=True, kw_only=True)
class AgentTraces(TrainingFormat[TrainingExample]):
    """Rows with the columns that `datasets` 5 gives to agent traces on the Hugging Face hub.

    `messages`, `tools` and `metadata` are JSON columns (Arrow's `arrow.json`), which pad nothing. TRL reads `messages`
    and `tools` of them. `harness` is the agent's name, `trace` and `file_path` are null: the raw record stays in the
    warehouse.
    """

    name: ClassVar = "agent_traces"
    version: ClassVar = "2"
    unit: ClassVar = "trajectory"
    suffix: ClassVar = "parquet"

    @property
    def arrow_schema(self) -> pa.Schema:
        """Columns of `datasets`' features for agent traces."""
        columns: dict[str, pa.DataType] = {
            "harness": pa.string(),
            "session_id": pa.string(),
            "prompt": pa.string(),
            "messages": JSON_LIST,
            "tools": JSON_LIST,
            "metadata": pa.json_(),
            "sent_at": pa.string(),
            "num_user_messages": pa.int64(),
            "num_tool_calls": pa.int64(),
            "trace": pa.json_(),
            "file_path": pa.string(),
        }
        return pa.schema(columns)

    def rows(self, example: TrainingExample) -> list[Row]:
        """Write the conversation up to its last trained message."""
        trajectory, messages = example.trajectory, example.messages
        users = [message for message in messages if message.role is Role.USER]
        tools = "[]" if trajectory.toolset is None else trajectory.toolset.tools
        metadata = {
            "trajectory_id": trajectory.trajectory_id,
            "task_id": trajectory.task.task_id,
            "benchmark": trajectory.task.benchmark,
            "task_key": trajectory.task.task_key,
            "model": trajectory.model,
            "reward": trajectory.outcome_reward,
        }
        row = {
            "harness": trajectory.agent,
            "session_id": trajectory.trajectory_id,
            "prompt": users[0].text if users else None,
            "messages": [_message(message) for message in messages],
            "tools": msgspec.json.decode(tools, type=list[msgspec.Raw]),
            "metadata": metadata,
            "sent_at": None,
            "num_user_messages": len(users),
            "num_tool_calls": sum(len(message.tool_calls) for message in messages),
            "trace": None,
            "file_path": None,
        }
        return [row]

    def changes(self, example: TrainingExample) -> dict[str, int]:
        """Count masks, weights and spans, and arguments that are no JSON object or that `datasets` cannot read."""
        calls = {
            "unparsable_arguments": losses.count_unparsable_arguments(example),
            "unreadable_numbers": count_unreadable_numbers(example.messages),
        }
        return _changes(example) | losses.present(calls)

    def losses(self, example: TrainingExample) -> dict[str, int]:
        """Count parts of content, absent tool schemas, and messages behind the last trained one."""
        return losses.count_left_out(example)


def _message(message: Message) -> Row:
    """Write a message with what it has; arguments are objects in traces."""
    written = {name: value for name, value in write_message(message).items() if value is not None}
    if message.tool_calls:
        written["tool_calls"] = [call_with_object(call) for call in message.tool_calls]
    return written
