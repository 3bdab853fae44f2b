"""OpenAI's fine-tuning format: one JSON object of `messages` and `tools` per line, nothing else.

Written after the OpenAI fine-tuning reference; Together and Fireworks read the same shape. `weight` 0 or 1 stands on
assistant messages only when some of them are context. `parallel_tool_calls` is left out: its default, true, fits all.
A tool message carries no `name`, which the reference does not know. Orphan results and unanswered calls are written
as they are, because leaving them out would change what was said; OpenAI refuses such rows, so they are counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec

from schemas.training import losses
from schemas.training.examples import TrainingExample
from schemas.training.format import Row, TrainingFormat
from schemas.trajectory import Message, Role

PART_TYPES = frozenset({"text", "image_url", "input_audio", "file", "refusal"})


@dataclass(frozen=True, kw_only=True)
class OpenaiChat(TrainingFormat[TrainingExample]):
    """Rows for OpenAI's fine-tuning API."""

    name: ClassVar = "openai_chat"
    version: ClassVar = "3"
    unit: ClassVar = "trajectory"
    suffix: ClassVar = "jsonl"

    def rows(self, example: TrainingExample) -> list[Row]:
        """Write the conversation up to its last trained message."""
        messages = chat_messages(example.messages)
        if losses.count_masked(example) > 0:
            for written, message in zip(messages, example.messages, strict=True):
                if message.role is Role.ASSISTANT:
                    written["weight"] = int(example.label(message).is_trained)
        toolset = example.trajectory.toolset
        tools = [] if toolset is None else msgspec.json.decode(toolset.tools, type=list[msgspec.Raw])
        return [{"messages": messages, "tools": tools} if tools else {"messages": messages}]

    def changes(self, example: TrainingExample) -> dict[str, int]:
        """Count weights other than 0 and 1, spans, and arguments that are no JSON, which OpenAI's must be."""
        return losses.present(
            {
                "loss_weight": losses.count_weighted(example),
                "loss_spans": losses.count_spans(example),
                "unparsable_arguments": losses.count_unparsable_arguments(example),
            }
        )

    def losses(self, example: TrainingExample) -> dict[str, int]:
        """Count reasoning, foreign parts, absent schemas, cut messages, and what OpenAI refuses."""
        return losses.present(
            {
                "reasoning": sum(message.reasoning is not None for message in example.messages),
                "content_parts": sum(
                    message.content_json is not None and _parts(message) is None
                    for message in example.messages
                ),
                "no_tool_schemas": losses.count_missing_tool_schemas(example),
                "trailing_context_messages": example.trailing_count,
                "orphan_tool_results": losses.count_orphan_results(example),
                "unanswered_calls": losses.count_unanswered_calls(example),
            }
        )


def chat_messages(messages: Sequence[Message]) -> list[Row]:
    """Write a conversation as OpenAI's chat messages; every call and result gets an id."""
    ids = _Ids(messages)
    return [_message(message, ids) for message in messages]


class _Ids:
    """The id of each call and of each result, for OpenAI wants one: the source's own, else one made from its place."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self.calls: dict[tuple[int, int], str] = {}
        self.results: dict[int, str] = {}
        for message in messages:
            for index, call in enumerate(message.tool_calls):
                self.calls[message.seq, index] = call.call_id or f"call_{message.seq}_{index}"
                if call.result_seq is not None:
                    self.results[call.result_seq] = self.calls[message.seq, index]
            if message.role is Role.TOOL:
                own = message.tool_call_id or self.results.get(message.seq)
                self.results[message.seq] = own or f"orphan_{message.seq}"


def _message(message: Message, ids: _Ids) -> Row:
    """Write one message; content is null only beside tool calls."""
    content = _parts(message) or message.text
    written: Row = {
        "role": message.role.value,
        "content": "" if content is None and not message.tool_calls else content,
    }
    if message.name is not None and message.role is not Role.TOOL:
        written["name"] = message.name
    if message.tool_calls:
        written["tool_calls"] = [
            {
                "id": ids.calls[message.seq, index],
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for index, call in enumerate(message.tool_calls)
        ]
    if message.role is Role.TOOL:
        written["tool_call_id"] = ids.results[message.seq]
    return written


def _parts(message: Message) -> msgspec.Raw | None:
    """Give the content's exact parts when they are OpenAI's; other parts are not written, only their text is."""
    if message.content_json is None:
        return None
    parts = msgspec.json.decode(message.content_json)
    if not isinstance(parts, list) or not parts:
        return None
    is_known = all(isinstance(part, dict) and part.get("type") in PART_TYPES for part in parts)
    return msgspec.Raw(message.content_json) if is_known else None
