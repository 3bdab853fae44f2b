"""TRL's `DPOTrainer` and `RewardTrainer`: a prompt with a better and a worse continuation per row.

Read against trl 1.16.0, whose trainers were run. They put everything behind the prompt into the loss, the words of
tools and users too, and know no mask: a side of several messages is refused unless `unsupported` says otherwise.
Messages are JSON columns, see `json_columns`.
"""

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from schemas.training import losses
from schemas.training.examples import PairExample
from schemas.training.format import Row
from schemas.training.json_columns import JSON_LIST
from schemas.training.sides import pair_changes
from schemas.training.trl_messages import TrlMessages
from schemas.trajectory import Message


@dataclass(frozen=True, kw_only=True)
class TrlDpo(TrlMessages[PairExample]):
    """Rows for TRL's `DPOTrainer`."""

    name: ClassVar = "trl_dpo"
    version: ClassVar = "2"
    unit: ClassVar = "pair"
    suffix: ClassVar = "parquet"

    @property
    def arrow_schema(self) -> pa.Schema:
        """Columns: the prompt, both sides, tools, and whose they are."""
        texts = ("tools", "pair_id", "task_id", "chosen_id", "rejected_id")
        return pa.schema(
            [pa.field(name, JSON_LIST) for name in ("prompt", "chosen", "rejected")]
            + [pa.field(name, pa.string()) for name in texts]
            + [pa.field("margin", pa.float64())]
        )

    def rows(self, example: PairExample) -> list[Row]:
        """Write the pair."""
        row = {
            "prompt": self.written_messages(example.context),
            "chosen": self.written_messages(example.chosen),
            "rejected": self.written_messages(example.rejected),
            "tools": None if example.toolset is None else example.toolset.tools,
            "pair_id": example.pair_id,
            "task_id": example.task.task_id,
            "chosen_id": example.chosen_id,
            "rejected_id": example.rejected_id,
            "margin": example.margin,
        }
        return [row]

    def changes(self, example: PairExample) -> dict[str, int]:
        """Count sides that are not one turn of the assistant, weights, and broken arguments."""
        return pair_changes(example) | self.call_changes(*_messages(example))

    def losses(self, example: PairExample) -> dict[str, int]:
        """Count parts of content and absent tool schemas."""
        messages = _messages(example)
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
    version: ClassVar = "2"

    def changes(self, example: PairExample) -> dict[str, int]:
        """Count weights, and broken arguments."""
        weighted = losses.present({"pair_weight": int(example.weight != 1)})
        return weighted | self.call_changes(*_messages(example))


def _messages(example: PairExample) -> tuple[Message, ...]:
    return (*example.context, *example.chosen, *example.rejected)
