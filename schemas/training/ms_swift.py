"""ms-swift's messages: one trajectory per line, `loss` and `loss_scale` per assistant message.

Read against ms-swift 4.6.0, whose template code was run. Roles are its own (`tool_call`, `tool_response`): it forgets
`reasoning_content` and everything else that is no `role`, `content` or loss, so reasoning stands in the text, in tags. The calls of one
message are messages of their own, which it joins again. Weights other than 0 and 1 count only with
`--is_binary_loss_scale false`: by default it forgets them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from schemas.training import losses
from schemas.training.conversations import call_json, tagged_text
from schemas.training.examples import TrainingExample
from schemas.training.format import Row, TrainingFormat
from schemas.trajectory import Message, Role

CALL_SEPARATOR = "\n"
"""Between a text and the calls behind it, as Hermes' notation has it; ms-swift puts nothing there."""


@dataclass(frozen=True, kw_only=True)
class MsSwift(TrainingFormat[TrainingExample]):
    """Lines for ms-swift's SFT."""

    name: ClassVar = "ms_swift"
    version: ClassVar = "1"
    unit: ClassVar = "trajectory"
    suffix: ClassVar = "jsonl"

    def rows(self, example: TrainingExample) -> list[Row]:
        """Write the conversation up to its last trained message; each message has all keys, null or not."""
        trajectory = example.trajectory
        row: Row = {
            "messages": [row for message in example.messages for row in _messages(message, example)],
            "tools": "" if trajectory.toolset is None else trajectory.toolset.tools,
            "trajectory_id": trajectory.trajectory_id,
            "task_id": trajectory.task.task_id,
        }
        return [row]

    def changes(self, example: TrainingExample) -> dict[str, int]:
        """Count spans, joined turns, arguments in quotes, and a trained first message, into which schemas may go."""
        return losses.present(
            {
                "loss_spans": losses.count_spans(example),
                "trained_first_message": losses.count_trained_first_message(example),
                "joined_turns": losses.count_joined_turns(example),
                "unparsable_arguments": losses.count_unparsable_arguments(example),
            }
        )

    def losses(self, example: TrainingExample) -> dict[str, int]:
        """Count what the rows leave out."""
        return losses.count_left_out(example)


def _messages(message: Message, example: TrainingExample) -> Iterator[Row]:
    if message.role is not Role.ASSISTANT:
        role = "tool_response" if message.role is Role.TOOL else message.role.value
        yield {"role": role, "content": message.text or "", "loss": None, "loss_scale": None}
        return
    label = example.label(message)
    loss = {"loss": label.is_trained, "loss_scale": float(label.weight if label.is_trained else 0.0)}
    text = tagged_text(message)
    if text or not message.tool_calls:
        gap = CALL_SEPARATOR if message.text and message.tool_calls else ""
        yield {"role": "assistant", "content": text + gap, **loss}
    for call in message.tool_calls:
        yield {"role": "tool_call", "content": call_json(call).decode(), **loss}
