"""slime's SFT rollout: one trajectory per line, with `step_loss_mask` 0 or 1 on each assistant message.

Read against slime ae15dea, whose mask generator was run; run with `--input-key messages --tool-key tools
--metadata-key metadata`. slime renders each message by itself and does not compare the whole: with templates that
join the results of parallel calls (Qwen's), each result becomes a turn of its own. Lines are read one by one as JSON,
so nothing is padded, and arguments may stand as objects for templates that cannot take a string.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import msgspec

from schemas.training import losses
from schemas.training.conversations import filled_message, with_object
from schemas.training.examples import TrainingExample
from schemas.training.format import Row, TrainingFormat
from schemas.trajectory import Message, Role


@dataclass(frozen=True, kw_only=True)
class SlimeSft(TrainingFormat[TrainingExample]):
    """Lines for slime's `sft_rollout`."""

    name: ClassVar = "slime_sft"
    version: ClassVar = "2"
    unit: ClassVar = "trajectory"
    suffix: ClassVar = "jsonl"

    arguments: Literal["string", "object"] = "string"
    """How calls carry their arguments: as the exact string (Qwen3's template writes it as it stands), or as the object
    that templates such as Llama's and Hermes' need, which they spell anew."""

    def rows(self, example: TrainingExample) -> list[Row]:
        """Write the conversation up to its last trained message; what a message does not have is left out."""
        trajectory = example.trajectory
        row: Row = {"messages": [self._message(message, example) for message in example.messages]}
        if trajectory.toolset is not None:
            row["tools"] = msgspec.Raw(trajectory.toolset.tools.encode())
        ids = {"trajectory_id": trajectory.trajectory_id, "task_id": trajectory.task.task_id}
        return [row | {"metadata": ids}]

    def changes(self, example: TrainingExample) -> dict[str, int]:
        """Count weights, spans, a trained first message, and arguments that a template would quote or write bare."""
        return losses.present(
            {
                "loss_weight": losses.count_weighted(example),
                "loss_spans": losses.count_spans(example),
                "trained_first_message": losses.count_trained_first_message(example),
                "unparsable_arguments": losses.count_unparsable_arguments(example),
            }
        )

    def losses(self, example: TrainingExample) -> dict[str, int]:
        """Count what the rows leave out, and the results that become turns of their own."""
        return losses.count_left_out(example) | losses.present(
            {"parallel_results": losses.count_parallel_results(example)}
        )

    def _message(self, message: Message, example: TrainingExample) -> Row:
        written = filled_message(message)
        if self.arguments == "object" and "tool_calls" in written:
            written["tool_calls"] = [with_object(call) for call in written["tool_calls"]]
        if message.role is Role.ASSISTANT:
            written["step_loss_mask"] = int(example.label(message).is_trained)
        return written
