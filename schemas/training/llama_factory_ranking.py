"""LLaMA-Factory's ranking form for DPO and reward models: a context, and one better and one worse turn.

Read against llamafactory 0.9.5, whose data loader was run. Each side is one turn: of a side with more, the tool
results would have to be trained, so such pairs are refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from schemas.training import losses
from schemas.training.examples import PairExample
from schemas.training.format import Row, TrainingFormat
from schemas.training.llama_factory_turns import RESULT_JOINT, dataset_info, tools_text, write_turns
from schemas.training.sides import pair_changes


@dataclass(frozen=True, kw_only=True)
class LlamaFactoryRanking(TrainingFormat[PairExample]):
    """Lines for LLaMA-Factory's stages `dpo` and `rm`."""

    name: ClassVar = "llama_factory_ranking"
    version: ClassVar = "1"
    unit: ClassVar = "pair"
    suffix: ClassVar = "jsonl"

    result_joint: str = RESULT_JOINT
    """What stands between the results of parallel calls, which must be one turn there."""

    def rows(self, example: PairExample) -> list[Row]:
        """Write the context and both sides; a side of several messages is cut to its first."""
        context = write_turns(example.context, result_joint=self.result_joint)
        chosen, rejected = (write_turns(side[:1]).turns[-1:] for side in (example.chosen, example.rejected))
        if not (context.turns and chosen and rejected):
            return []
        row = {
            "conversations": context.turns,
            "chosen": chosen[0],
            "rejected": rejected[0],
            "system": context.system,
            "tools": tools_text(example.toolset),
            "pair_id": example.pair_id,
            "task_id": example.task.task_id,
        }
        return [row]

    def changes(self, example: PairExample) -> dict[str, int]:
        """Count what is wrong with the sides, weights, and turns that would be read as something else."""
        context = write_turns(example.context)
        return pair_changes(example) | losses.present(
            {
                **context.changes,
                "context_ends_with_assistant": int(len(context.turns) % 2 == 0),
            }
        )

    def losses(self, example: PairExample) -> dict[str, int]:
        """Count margins, and what had to be joined or put in on the user side."""
        return losses.present(
            {"pair_margin": int(example.margin is not None), **write_turns(example.context).losses}
        )

    def side_files(self, name: str, files: Mapping[str, Sequence[str]]) -> dict[str, bytes]:
        """Write `dataset_info.json`."""
        return dataset_info(name, files, is_ranking=True, chosen="chosen", rejected="rejected")
