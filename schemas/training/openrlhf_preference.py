"""OpenRLHF's data for reward models and DPO: a prompt and two answers, as rendered strings.

Read against openrlhf 0.11.2, whose dataset was run with `--data.prompt_key prompt --data.chosen_key chosen --data.rejected_key rejected`,
without `--data.apply_chat_template`, which would not pass tools on. Its key `margin` counts for reward models.
"""

from dataclasses import dataclass, field
from typing import ClassVar

from schemas.recipe import BOUND
from schemas.training import losses
from schemas.training.examples import PairExample
from schemas.training.format import Row, TrainingFormat
from schemas.training.sides import pair_changes
from schemas.training.step_texts import StepText, write_step
from schemas.training.tokens import TokenRenderer


@dataclass(frozen=True, kw_only=True)
class OpenrlhfPreference(TrainingFormat[PairExample]):
    """Lines for OpenRLHF's reward models and DPO."""

    name: ClassVar = "openrlhf_preference"
    version: ClassVar = "2"
    unit: ClassVar = "pair"
    suffix: ClassVar = "jsonl"

    tokenizer: str
    """Folder of the tokenizer, as transformers saves it."""
    chat_template: str | None = None
    """File of another template; null means the tokenizer's own."""
    renderer: TokenRenderer | None = field(default=None, repr=False, compare=False, metadata=BOUND)

    def rows(self, example: PairExample) -> list[Row]:
        """Write one line, or none where a side cannot be rendered; a side of several messages is cut to its first."""
        chosen, rejected = self._sides(example)
        if chosen is None or rejected is None:
            return []
        row: Row = {
            "prompt": chosen.asked,
            "chosen": chosen.said,
            "rejected": rejected.said,
            "margin": 0.0 if example.margin is None else example.margin,
            "pair_id": example.pair_id,
            "task_id": example.task.task_id,
        }
        return [row]

    def changes(self, example: PairExample) -> dict[str, int]:
        """Count what is wrong with the sides, weights, and sides whose prompt the template rewrites."""
        unproven = sum(text is None for text in self._sides(example))
        return pair_changes(example) | losses.present({"unproven_prompts": unproven})

    def _sides(self, example: PairExample) -> tuple[StepText | None, StepText | None]:
        if self.renderer is None:
            raise ValueError(
                f"{self.name!r} has no renderer: its tokenizer {self.tokenizer!r} was not loaded"
            )
        tools = None if example.toolset is None else example.toolset.tools
        chosen, rejected = (
            write_step(self.renderer, example.context, side[0], tools) if side else None
            for side in (example.chosen, example.rejected)
        )
        return chosen, rejected
