"""LLaMA-Factory's sharegpt form: one trajectory per line, or one line per trained step.

Read against llamafactory 0.9.5, whose data loader was run. It trains every turn of the assistant, or with
`mask_history: true` the last one only: `unsupported: split` writes one line per trained step for that mode, and then
splits every example, for the mode holds for the whole data set. Its templates are its own, not the tokenizer's:
they spell arguments anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from schemas.training import losses
from schemas.training.examples import TrainingExample
from schemas.training.format import Row, TrainingFormat, Unsupported
from schemas.training.llama_factory_turns import RESULT_JOINT, dataset_info, tools_text, write_turns
from schemas.trajectory import Message, Role


@dataclass(frozen=True, kw_only=True)
class LlamaFactory(TrainingFormat[TrainingExample]):
    """Lines for LLaMA-Factory's stage `sft`."""

    name: ClassVar = "llama_factory"
    version: ClassVar = "1"
    unit: ClassVar = "trajectory"
    suffix: ClassVar = "jsonl"
    can_split: ClassVar = True

    result_joint: str = RESULT_JOINT
    """What stands between the results of parallel calls, which must be one turn there."""

    def rows(self, example: TrainingExample) -> list[Row]:
        """Write the conversation up to its last assistant message, or what `split_rows` writes."""
        if self.unsupported is Unsupported.SPLIT:
            return self.split_rows(example)
        spoken = [at for at, message in enumerate(example.messages) if message.role is Role.ASSISTANT]
        return [self._row(example, example.messages[: spoken[-1] + 1])] if spoken else []

    def split_rows(self, example: TrainingExample) -> list[Row]:
        """Write one line per trained message, which it ends with."""
        return [
            self._row(example, example.messages[: at + 1])
            for at, message in enumerate(example.messages)
            if example.label(message).is_trained
        ]

    def changes(self, example: TrainingExample) -> dict[str, int]:
        """Count masks, and what splitting cannot help."""
        masked = losses.present({"loss_mask_per_message": losses.count_masked(example)})
        return masked | self.split_changes(example)

    def split_changes(self, example: TrainingExample) -> dict[str, int]:
        """Count weights, spans, turns that had to be joined, and arguments that would be trained in quotes."""
        return losses.present(
            {
                "loss_weight": losses.count_weighted(example),
                "loss_spans": losses.count_spans(example),
                "unparsable_arguments": losses.count_unparsable_arguments(example),
                **write_turns(example.messages).changes,
            }
        )

    def losses(self, example: TrainingExample) -> dict[str, int]:
        """Count what the lines leave out, and what had to be joined or put in on the user side."""
        return losses.count_left_out(example) | losses.present(write_turns(example.messages).losses)

    def side_files(self, name: str, files: Mapping[str, Sequence[str]]) -> dict[str, bytes]:
        """Write `dataset_info.json`."""
        return dataset_info(name, files)

    def _row(self, example: TrainingExample, messages: Sequence[Message]) -> Row:
        trajectory = example.trajectory
        conversation = write_turns(messages, result_joint=self.result_joint)
        return {
            "conversations": conversation.turns,
            "system": conversation.system,
            "tools": tools_text(trajectory.toolset),
            "trajectory_id": trajectory.trajectory_id,
            "task_id": trajectory.task.task_id,
        }
