"""Messages as TRL's trainers need them.

Read against trl 1.16.0, which hands messages to the chat template as they are and never parses a string. So arguments are
objects: all templates but Qwen3's and its like quote a string once more, or stop at it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from schemas.training import losses
from schemas.training.conversations import filled_message
from schemas.training.format import ExampleT, Row, TrainingFormat
from schemas.training.json_columns import call_with_object, count_unreadable_numbers
from schemas.trajectory import Message


@dataclass(frozen=True, kw_only=True)
class TrlMessages(TrainingFormat[ExampleT]):
    """Base of TRL's conversational formats."""

    arguments: Literal["object", "string"] = "object"
    """How calls carry their arguments: as the object that templates need, which they spell anew; or as the exact string,
    for templates that write it as it stands, such as Qwen3's."""

    def written_messages(self, messages: Iterable[Message]) -> list[Row]:
        """Write a conversation for a JSON column, each message with what it has."""
        return [self._message(message) for message in messages]

    def call_changes(self, *messages: Message) -> dict[str, int]:
        """Count arguments that are no JSON object, and those with a number that `datasets` cannot read."""
        unreadable = count_unreadable_numbers(messages) if self.arguments == "object" else 0
        broken = losses.count_broken_calls(*messages)
        return losses.present({"unparsable_arguments": broken, "unreadable_numbers": unreadable})

    def _message(self, message: Message) -> Row:
        written = filled_message(message)
        if self.arguments == "object" and message.tool_calls:
            written["tool_calls"] = [call_with_object(call) for call in message.tool_calls]
        return written
