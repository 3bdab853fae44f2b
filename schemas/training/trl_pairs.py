"""TRL's `DPOTrainer` and `RewardTrainer`: a prompt with a better and a worse continuation per row.

Read against trl 1.16.0, whose trainers were run. They put everything behind the prompt into the loss, the words of
tools and users too, and know no mask: a side of several messages is refused unless `unsupported` says otherwise.
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
class TrlDpo(TrainingFormat[PairExample]):
    """Rows for TRL's `DPOTrainer`."""

    name: ClassVar = "trl_dpo"
    version: ClassVar = "1"
    unit: ClassVar = "pair"
    suffix: ClassVar = "parquet"

    @property
    def arrow_schema(self) -> pa.Schema:
        """Columns: the prompt, both sides, tools, and whose they are."""
        words = pa.list_(message_type())
        texts = ("tools", "pair_id", "task_id", "chosen_id", "rejected_id")
        return pa.schema(
            [pa.field(name, words) for name in ("prompt", "chosen", "rejected")]
            + [pa.field(name, pa.string()) for name in texts]
            + [pa.field("margin", pa.float64())]
        )

    def rows(self, example: PairExample) -> list[Row]:
        """Write the pair."""
        row = {
            "prompt": [write_message(message) for message in example.context],
            "chosen": [write_message(message) for message in example.chosen],
            "rejected": [write_message(message) for message in example.rejected],
            "tools": None if example.toolset is None else example.toolset.tools,
            "pair_id": example.pair_id,
            "task_id": example.task.task_id,
            "chosen_id": example.chosen_id,
            "rejected_id": example.rejected_id,
            "margin": example.margin,
        }
        return [row]

    def changes(self, example: PairExample) -> dict[str, int]:
        """Count sides that are not one turn of the assistant, and weights."""
        return pair_changes(example)

    def losses(self, example: PairExample) -> dict[str, int]:
        """Count parts of content and absent tool schemas."""
        messages = (*example.context, *example.chosen, *example.rejected)
        has_calls = any(message.tool_calls for message in messages)
        return losses.present(
            {
                "content_parts": sum(message.content_json is not None for message in messages),
                "no_tool_schemas": int(has_calls and example.toolset is None),
            }
        )


@dataclass(frozen=True, kw_only=True)
class TrlReward(TrlDpo):
    """Rows for TRL's `RewardTrainer`, which reads `margin` where each row has one.

    A reward model scores whole sequences: nothing is masked, and sides of several messages are what it is for. Without
    a margin anywhere leave the column out when loading.
    """

    name: ClassVar = "trl_reward"
    version: ClassVar = "1"

    def changes(self, example: PairExample) -> dict[str, int]:
        """Count weights."""
        return losses.present({"pair_weight": int(example.weight != 1)})
