"""NeMo-RL's `PreferenceDataset`: a context with ranked completions per line; written after its source, not run here."""

from dataclasses import dataclass
from typing import ClassVar

from schemas.training import losses
from schemas.training.conversations import write_message
from schemas.training.examples import PairExample
from schemas.training.format import Row, TrainingFormat
from schemas.training.sides import pair_changes
from schemas.trajectory import Message


@dataclass(frozen=True, kw_only=True)
class NemoRlPreference(TrainingFormat[PairExample]):
    """Lines for NeMo-RL's preference training: rank 0 is the better completion."""

    name: ClassVar = "nemo_rl_preference"
    version: ClassVar = "1"
    unit: ClassVar = "pair"
    suffix: ClassVar = "jsonl"

    def rows(self, example: PairExample) -> list[Row]:
        """Write the context and both completions."""
        row = {
            "context": [_filled(message) for message in example.context],
            "completions": [
                {"rank": rank, "completion": [_filled(message) for message in side]}
                for rank, side in enumerate((example.chosen, example.rejected))
            ],
            "pair_id": example.pair_id,
            "task_id": example.task.task_id,
        }
        return [row]

    def changes(self, example: PairExample) -> dict[str, int]:
        """Count sides that are not one turn of the assistant, and weights."""
        return pair_changes(example)

    def losses(self, example: PairExample) -> dict[str, int]:
        """Count margins, and tool schemas, which have no place."""
        return losses.present(
            {"pair_margin": int(example.margin is not None), "tool_schemas": int(example.toolset is not None)}
        )


def _filled(message: Message) -> Row:
    written = write_message(message)
    return {name: value for name, value in written.items() if value is not None or name == "content"}
