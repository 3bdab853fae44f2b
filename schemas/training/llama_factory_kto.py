"""LLaMA-Factory's KTO form: a conversation whose last turn is good or bad.

Read against llamafactory 0.9.5, whose data loader was run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from schemas.training import losses
from schemas.training.examples import SampleExample
from schemas.training.format import Row, TrainingFormat
from schemas.training.llama_factory_turns import RESULT_JOINT, dataset_info, tools_text, write_turns
from schemas.training.sides import sample_changes


@dataclass(frozen=True, kw_only=True)
class LlamaFactoryKto(TrainingFormat[SampleExample]):
    """Lines for LLaMA-Factory's stage `kto`."""

    name: ClassVar = "llama_factory_kto"
    version: ClassVar = "1"
    unit: ClassVar = "sample"
    suffix: ClassVar = "jsonl"

    result_joint: str = RESULT_JOINT
    """What stands between the results of parallel calls, which must be one turn there."""

    def rows(self, example: SampleExample) -> list[Row]:
        """Write context and labelled turn; no row without a label. Of several messages only the first is written."""
        said = (*example.context, *example.completion[:1])
        conversation = write_turns(said, result_joint=self.result_joint)
        if example.is_good is None or len(conversation.turns) % 2:
            return []
        row = {
            "conversations": conversation.turns,
            "label": example.is_good,
            "system": conversation.system,
            "tools": tools_text(example.toolset),
            "sample_id": example.sample_id,
            "task_id": example.task.task_id,
        }
        return [row]

    def changes(self, example: SampleExample) -> dict[str, int]:
        """Count what is wrong with the labelled piece, and turns that would be read as something else."""
        said = (*example.context, *example.completion[:1])
        return sample_changes(example) | losses.present(write_turns(said).changes)

    def losses(self, example: SampleExample) -> dict[str, int]:
        """Count values, and what had to be joined or put in on the user side."""
        said = (*example.context, *example.completion[:1])
        return losses.present({"value": int(example.value is not None), **write_turns(said).losses})

    def side_files(self, name: str, files: Mapping[str, Sequence[str]]) -> dict[str, bytes]:
        """Write `dataset_info.json`."""
        return dataset_info(name, files, kto_tag="label")
