"""OpenAI's preference fine-tuning (DPO): one line per pair of answers of one assistant message each.

Written after the OpenAI fine-tuning guide, which names the answers `preferred_output` and `non_preferred_output`.
"""

from dataclasses import dataclass
from typing import ClassVar

import msgspec

from schemas.training import losses
from schemas.training.examples import PairExample
from schemas.training.format import Row, TrainingFormat
from schemas.training.openai_chat import chat_messages
from schemas.training.sides import pair_changes


@dataclass(frozen=True, kw_only=True)
class OpenaiPreference(TrainingFormat[PairExample]):
    """Lines for OpenAI's preference fine-tuning."""

    name: ClassVar = "openai_preference"
    version: ClassVar = "2"
    unit: ClassVar = "pair"
    suffix: ClassVar = "jsonl"

    def rows(self, example: PairExample) -> list[Row]:
        """Write the pair; of a side with several messages only the first, which `changes` counts."""
        given = chat_messages(example.context)
        better = chat_messages((*example.context, *example.chosen[:1]))[len(given) :]
        worse = chat_messages((*example.context, *example.rejected[:1]))[len(given) :]
        request: Row = {"messages": given}
        if example.toolset is not None:
            request["tools"] = msgspec.json.decode(example.toolset.tools, type=list[msgspec.Raw])
        return [{"input": request, "preferred_output": better, "non_preferred_output": worse}]

    def changes(self, example: PairExample) -> dict[str, int]:
        """Count sides that are not one turn of the assistant, and weights."""
        return pair_changes(example)

    def losses(self, example: PairExample) -> dict[str, int]:
        """Count margins and reasoning."""
        messages = (*example.context, *example.chosen, *example.rejected)
        return losses.present(
            {
                "pair_margin": int(example.margin is not None),
                "reasoning": sum(message.reasoning is not None for message in messages),
            }
        )
