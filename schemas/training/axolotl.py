"""Axolotl's `chat_template` data: one trajectory per row, `train` per message and `training_detail` per character.

Read against axolotl 0.19.0, whose tokenising strategy was run. Arguments and tool schemas are strings, which it
parses. Rows are Parquet, because `datasets` guesses the columns of JSON Lines from their first lines and fails at a
key that comes later. `axolotl.yaml` beside the data holds the keys of its configuration; without `message_field_training`
the masks would be ignored, and without `template_thinking_key` older versions drop reasoning.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import pyarrow as pa

from schemas.training import losses
from schemas.training.conversations import message_type, write_message
from schemas.training.examples import Label, Part, TrainingExample
from schemas.training.format import Row, TrainingFormat
from schemas.trajectory import Message, Role

SETTINGS_FILE = "axolotl.yaml"
_DETAIL = pa.struct(
    [
        pa.field("begin_offset", pa.int64()),
        pa.field("end_offset", pa.int64()),
        pa.field("train", pa.bool_()),
    ]
)
_SETTINGS = """\
  - path: {path}
    ds_type: parquet
    split: train
    type: chat_template
    field_messages: messages
    field_tools: tools
    roles_to_train: [assistant]
    train_on_eos: turn
    message_field_training: train
    message_field_training_detail: training_detail
    field_thinking: reasoning_content
    template_thinking_key: reasoning_content
"""


@dataclass(frozen=True, kw_only=True)
class Axolotl(TrainingFormat[TrainingExample]):
    """Rows for Axolotl."""

    name: ClassVar = "axolotl"
    version: ClassVar = "1"
    unit: ClassVar = "trajectory"
    suffix: ClassVar = "parquet"

    @property
    def arrow_schema(self) -> pa.Schema:
        """Columns: the conversation with its masks, its tools, and whose it is."""
        masks = (pa.field("train", pa.bool_()), pa.field("training_detail", pa.list_(_DETAIL)))
        return pa.schema(
            [
                pa.field("messages", pa.list_(message_type(*masks))),
                pa.field("tools", pa.string()),
                pa.field("trajectory_id", pa.string()),
                pa.field("task_id", pa.string()),
            ]
        )

    def rows(self, example: TrainingExample) -> list[Row]:
        """Write the conversation up to its last trained message."""
        trajectory = example.trajectory
        row = {
            "messages": [_message(message, example) for message in example.messages],
            "tools": None if trajectory.toolset is None else trajectory.toolset.tools,
            "trajectory_id": trajectory.trajectory_id,
            "task_id": trajectory.task.task_id,
        }
        return [row]

    def changes(self, example: TrainingExample) -> dict[str, int]:
        """Count weights, the spans that Axolotl cannot mask, and arguments at which it stops."""
        foreign = sum(
            bool((label := example.label(message)).spans) and not _is_carried(message, label)
            for message in example.messages
        )
        return losses.present(
            {
                "loss_weight": losses.count_weighted(example),
                "loss_spans": foreign,
                "unparsable_arguments": losses.count_unparsable_arguments(example),
            }
        )

    def losses(self, example: TrainingExample) -> dict[str, int]:
        """Count what the rows leave out."""
        return losses.count_left_out(example)

    def side_files(self, name: str, files: Mapping[str, Sequence[str]]) -> dict[str, bytes]:
        """Write the configuration of the data: training files under `datasets`, others under `test_datasets`."""
        del name
        train = [_SETTINGS.format(path=path) for path in files.get("train", ())]
        tests = [_SETTINGS.format(path=path) for split in files if split != "train" for path in files[split]]
        written = ["datasets:\n", *train, *(["test_datasets:\n", *tests] if tests else [])]
        return {SETTINGS_FILE: "".join(written).encode()}


def _message(message: Message, example: TrainingExample) -> Row:
    written = write_message(message) | {"content": message.text or "", "train": None, "training_detail": None}
    if message.role is not Role.ASSISTANT:
        return written
    label = example.label(message)
    detail = _detail(message, label) if label.spans and _is_carried(message, label) else None
    return written | {"train": label.is_trained, "training_detail": detail}


def _is_carried(message: Message, label: Label) -> bool:
    """Tell whether the spans only take characters out of a trained plain text: then all else stays as it is.

    Detail makes Axolotl train the named characters and the end of the turn, and neither calls nor reasoning.
    """
    is_plain = bool(message.text) and not message.tool_calls and message.reasoning is None
    texts_only = all(span.part is Part.TEXT and span.weight in {0, label.weight} for span in label.spans)
    return label.is_trained and is_plain and texts_only


def _detail(message: Message, label: Label) -> list[Row]:
    """Write runs of characters with one flag each; `end_offset` is the last character, not the one behind it."""
    text = message.text or ""
    flags = [True] * len(text)
    for span in label.spans:
        end = len(text) if span.end is None else span.end
        flags[span.begin : end] = [span.is_trained] * len(flags[span.begin : end])
    borders = [0, *(at for at in range(1, len(flags)) if flags[at] != flags[at - 1]), len(flags)]
    return [
        {"begin_offset": begin, "end_offset": end - 1, "train": flags[begin]}
        for begin, end in pairwise(borders)
    ]
