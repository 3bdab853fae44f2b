"""TRL `GRPOTrainer` and `RLOOTrainer`: one task per row, to be rolled out anew.

Read against trl 1.16.0, which hands every column but `prompt` to the reward functions. There is no gold answer in a
row: a reward function asks the environment, by `benchmark` and `task_key`.
"""

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from schemas.training.examples import TaskExample
from schemas.training.format import Row, TrainingFormat
from schemas.training.task_rows import prompt_rows, task_columns, task_losses

_PROMPT_MESSAGE = pa.struct([pa.field("role", pa.string()), pa.field("content", pa.string())])


@dataclass(frozen=True, kw_only=True)
class TrlGrpo(TrainingFormat[TaskExample]):
    """Rows for TRL's online trainers."""

    name: ClassVar = "trl_grpo"
    version: ClassVar = "2"
    unit: ClassVar = "task"
    suffix: ClassVar = "parquet"

    @property
    def arrow_schema(self) -> pa.Schema:
        """Columns: the prompt and its tools, which task it is, and how its trials went."""
        return pa.schema(
            [
                pa.field("prompt", pa.list_(_PROMPT_MESSAGE)),
                pa.field("tools", pa.string()),
                pa.field("task_id", pa.string()),
                pa.field("task_key", pa.string()),
                pa.field("benchmark", pa.string()),
                pa.field("split", pa.string()),
                pa.field("trial_count", pa.int64()),
                pa.field("pass_rate", pa.float64()),
                pa.field("reward_mean", pa.float64()),
            ]
        )

    def rows(self, example: TaskExample) -> list[Row]:
        """Write the prompt and the group's figures."""
        tools = None if example.toolset is None else example.toolset.tools
        return [{"prompt": prompt_rows(example), "tools": tools} | task_columns(example)]

    def losses(self, example: TaskExample) -> dict[str, int]:
        """Count parts of content, calls inside the prompt, and a prompt or tool schemas that are not there."""
        return task_losses(example)
