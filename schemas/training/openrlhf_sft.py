"""OpenRLHF's SFT data: one line per trained step, as two rendered strings.

Read against openrlhf 0.11.2, whose dataset was run with `--data.input_key input --data.output_key output`, without
`--data.apply_chat_template` and without `--data.multiturn`: its own rendering never passes tools on, and its multi-turn ranges are
wrong with templates that rewrite history, so that tool results are trained. Each step stands behind the text that the
policy saw. The tokenizer's end token must be the template's, for OpenRLHF puts it behind any other end.
"""

from dataclasses import dataclass, field
from typing import ClassVar

from schemas.recipe import BOUND
from schemas.training import losses
from schemas.training.examples import TrainingExample
from schemas.training.format import Row, TrainingFormat
from schemas.training.step_texts import StepText, write_step
from schemas.training.tokens import TokenRenderer
from schemas.trajectory import Message


@dataclass(frozen=True, kw_only=True)
class OpenrlhfSft(TrainingFormat[TrainingExample]):
    """Lines for OpenRLHF's SFT."""

    name: ClassVar = "openrlhf_sft"
    version: ClassVar = "2"
    unit: ClassVar = "trajectory"
    suffix: ClassVar = "jsonl"

    tokenizer: str
    """Folder of the tokenizer, as transformers saves it."""
    chat_template: str | None = None
    """File of another template; null means the tokenizer's own."""
    renderer: TokenRenderer | None = field(default=None, repr=False, compare=False, metadata=BOUND)

    def rows(self, example: TrainingExample) -> list[Row]:
        """Write one line per trained message; those whose prompt cannot be proven are left out."""
        trajectory = example.trajectory
        return [
            {
                "input": text.asked,
                "output": text.said,
                "trajectory_id": trajectory.trajectory_id,
                "task_id": trajectory.task.task_id,
                "seq": message.seq,
            }
            for message, text in self._steps(example)
            if text is not None
        ]

    def changes(self, example: TrainingExample) -> dict[str, int]:
        """Count weights, spans, broken arguments, and steps whose prompt the template rewrites, or which it refuses."""
        return losses.present(
            {
                "loss_weight": losses.count_weighted(example),
                "loss_spans": losses.count_spans(example),
                "unparsable_arguments": losses.count_unparsable_arguments(example),
                "unproven_prompts": sum(text is None for _, text in self._steps(example)),
            }
        )

    def losses(self, example: TrainingExample) -> dict[str, int]:
        """Count what the lines leave out."""
        return losses.count_left_out(example)

    def _steps(self, example: TrainingExample) -> list[tuple[Message, StepText | None]]:
        if self.renderer is None:
            raise ValueError(
                f"{self.name!r} has no renderer: its tokenizer {self.tokenizer!r} was not loaded"
            )
        toolset = example.trajectory.toolset
        tools = None if toolset is None else toolset.tools
        return [
            (message, write_step(self.renderer, example.messages[:at], message, tools))
            for at, message in enumerate(example.messages)
            if example.label(message).is_trained
        ]
