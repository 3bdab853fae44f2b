"""NeMo-RL's `PreferenceDataset`: a context with ranked completions per row, proven by a hand copy of its own modules.

Parquet, because its reader lets `datasets` guess the columns of JSON Lines from the first lines, and that fails at a
key that comes later. Arguments are strings, as objects would be padded: a template that takes objects quotes them.
"""

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from schemas.training import losses
from schemas.training.conversations import message_type, write_message
from schemas.training.examples import PairExample
from schemas.training.format import Row, TrainingFormat
from schemas.training.sides import pair_changes


@dataclass(frozen=True, kw_only=True)
class NemoRlPreference(TrainingFormat[PairExample]):
    """Rows for NeMo-RL's preference training: rank 0 is the better completion."""

    name: ClassVar = "nemo_rl_preference"
    version: ClassVar = "3"
    unit: ClassVar = "pair"
    suffix: ClassVar = "parquet"

    @property
    def arrow_schema(self) -> pa.Schema:
        """Columns: the context, both completions with their ranks, and which pair of which task it is."""
        messages = pa.list_(message_type())
        completion = pa.struct([pa.field("rank", pa.int64()), pa.field("completion", messages)])
        columns: dict[str, pa.DataType] = {
            "context": messages,
            "completions": pa.list_(completion),
            "pair_id": pa.string(),
            "task_id": pa.string(),
        }
        return pa.schema(columns)

    def rows(self, example: PairExample) -> list[Row]:
        """Write the context and both completions."""
        row = {
            "context": [write_message(message) for message in example.context],
            "completions": [
                {"rank": rank, "completion": [write_message(message) for message in side]}
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
