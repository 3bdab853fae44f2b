"""Labelled steps for reward models of processes: one labelled piece per line, in its context.

No trainer of TRL 1.16 reads step labels any more; verifiers and reward models of one's own read plain JSON.
"""

from dataclasses import dataclass
from typing import ClassVar

from schemas.training.conversations import write_message
from schemas.training.examples import SampleExample
from schemas.training.format import Row, TrainingFormat


@dataclass(frozen=True, kw_only=True)
class StepLabels(TrainingFormat[SampleExample]):
    """Lines of context, completion, label and value."""

    name: ClassVar = "step_labels"
    version: ClassVar = "1"
    unit: ClassVar = "sample"
    suffix: ClassVar = "jsonl"

    def rows(self, example: SampleExample) -> list[Row]:
        """Write the piece, with its label and value as they are known."""
        row = {
            "prompt": [write_message(message) for message in example.context],
            "completion": [write_message(message) for message in example.completion],
            "label": example.is_good,
            "value": example.value,
            "rule": example.kind,
            "tools": None if example.toolset is None else example.toolset.tools,
            "sample_id": example.sample_id,
            "task_id": example.task.task_id,
            "trajectory_id": example.trajectory_id,
        }
        return [row]
