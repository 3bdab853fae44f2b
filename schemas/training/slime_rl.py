"""slime's RL data: one task per line, to be rolled out anew.

Read against slime 3c9aa09; run with `--input-key prompt --label-key label --tool-key tools --metadata-key metadata
--apply-chat-template`. `label` is the task's key, never a gold answer: a reward function asks the environment by it.
"""

from dataclasses import dataclass
from typing import ClassVar

import msgspec

from schemas.training.examples import TaskExample
from schemas.training.format import Row, TrainingFormat
from schemas.training.task_rows import prompt_rows, task_columns, task_losses


@dataclass(frozen=True, kw_only=True)
class SlimeRl(TrainingFormat[TaskExample]):
    """Lines for slime's rollouts."""

    name: ClassVar = "slime_rl"
    version: ClassVar = "1"
    unit: ClassVar = "task"
    suffix: ClassVar = "jsonl"

    def rows(self, example: TaskExample) -> list[Row]:
        """Write the prompt, its tools as the source spells them, and which task it is."""
        row: Row = {"prompt": prompt_rows(example), "label": example.task.task_key}
        if example.toolset is not None:
            row["tools"] = msgspec.Raw(example.toolset.tools.encode())
        return [row | {"metadata": task_columns(example)}]

    def losses(self, example: TaskExample) -> dict[str, int]:
        """Count what the prompt cannot carry, see `task_losses`."""
        return task_losses(example)
