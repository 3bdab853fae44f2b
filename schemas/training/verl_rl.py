"""verl's RL data (`RLHFDataset`): one task per row, to be rolled out anew.

Read against verl 0.9.1. Tools come from verl's own tool configuration, so the schemas that the policy saw stand in
`extra_info` as one JSON string. `ground_truth` holds the task's key, never a gold answer: a reward function asks the
environment by it. `index` is the task's id, by which verl tells the rollouts of one task apart from others.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from schemas.training.examples import TaskExample
from schemas.training.format import Row, TrainingFormat
from schemas.training.task_rows import prompt_rows, task_columns, task_losses


def _strings(*names: str) -> "list[pa.Field[Any]]":
    return [pa.field(name, pa.string()) for name in names]


_EXTRA_INFO = pa.struct(
    [
        *_strings("index", "tools", "task_id", "task_key", "benchmark", "split"),
        pa.field("trial_count", pa.int64()),
        pa.field("pass_rate", pa.float64()),
        pa.field("reward_mean", pa.float64()),
        pa.field("need_tools_kwargs", pa.bool_()),
    ]
)


@dataclass(frozen=True, kw_only=True)
class VerlRl(TrainingFormat[TaskExample]):
    """Rows for verl's RL trainers."""

    name: ClassVar = "verl_rl"
    version: ClassVar = "1"
    unit: ClassVar = "task"
    suffix: ClassVar = "parquet"

    ability: str = "agent"
    """What the column `ability` says of every task."""
    agent_name: str = "tool_agent"
    """Which of verl's agent loops rolls the task out."""

    @property
    def arrow_schema(self) -> pa.Schema:
        """Columns: verl's own, with all that is ours in `extra_info`."""
        return pa.schema(
            [
                pa.field("prompt", pa.list_(pa.struct(_strings("role", "content")))),
                *_strings("data_source", "ability"),
                pa.field("reward_model", pa.struct(_strings("style", "ground_truth"))),
                pa.field("extra_info", _EXTRA_INFO),
                *_strings("agent_name"),
            ]
        )

    def rows(self, example: TaskExample) -> list[Row]:
        """Write the prompt, and in `extra_info` which task it is."""
        columns = task_columns(example)
        extra_info = {
            "index": example.task.task_id,
            "tools": None if example.toolset is None else example.toolset.tools,
            **columns,
            "need_tools_kwargs": False,
        }
        row = {
            "prompt": prompt_rows(example),
            "data_source": example.task.benchmark,
            "ability": self.ability,
            "reward_model": {"style": "rule", "ground_truth": example.task.task_key},
            "extra_info": extra_info,
            "agent_name": self.agent_name,
        }
        return [row]

    def losses(self, example: TaskExample) -> dict[str, int]:
        """Count what the prompt cannot carry, see `task_losses`."""
        return task_losses(example)
