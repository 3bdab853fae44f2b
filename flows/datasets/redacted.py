"""Redact the words of an example before a format sees them, where the rows that it writes cannot be redacted any more.

Token ids hold no strings, and characters that a label counts would move: there, the messages are redacted first.
"""

from dataclasses import replace
from typing import Any

import msgspec

from flows.redaction import Redaction
from schemas.errors import ExportRefusedError
from schemas.training import Example, Part, Span, TrainingExample, TrainingFormat
from schemas.trajectory import Message, Toolset


def must_redact_first(form: TrainingFormat[Any], example: Example) -> bool:
    """Tell whether the example's words must be redacted before the format writes them."""
    return form.is_tokenised or (isinstance(example, TrainingExample) and _has_spans(example))


def redacted_example(example: Example, redaction: Redaction) -> Example:
    """Give the example with its messages and tool schemas redacted.

    Raises:
        ExportRefusedError: a label counts characters of a text that redaction changed.
    """
    if not isinstance(example, TrainingExample):
        raise ExportRefusedError("Pairs and samples cannot be redacted before they are tokenised.")
    trajectory = example.trajectory
    messages = _redacted_messages(trajectory.messages, redaction)
    for before, after in zip(trajectory.messages, messages, strict=True):
        for span in example.label(before).spans:
            if _text_of(before, span) != _text_of(after, span):
                raise ExportRefusedError(
                    f"Message {before.seq} of trajectory {trajectory.trajectory_id} has a label for some of its "
                    "characters, and redaction changes that text.\n\n"
                    "Hint: choose a view without spans, or do not redact this export"
                )
    toolset = trajectory.toolset
    if toolset is not None:
        toolset = Toolset(tools=redaction.redact([{"tools": toolset.tools}])[0]["tools"])
    return replace(
        example, trajectory=msgspec.structs.replace(trajectory, messages=messages, toolset=toolset)
    )


def _redacted_messages(messages: tuple[Message, ...], redaction: Redaction) -> tuple[Message, ...]:
    rows = redaction.redact([msgspec.to_builtins(message) for message in messages])
    return tuple(msgspec.convert(row, Message) for row in rows)


def _has_spans(example: TrainingExample) -> bool:
    return any(label.spans for label in example.labels.values())


def _text_of(message: Message, span: Span) -> str | None:
    match span.part:
        case Part.TEXT:
            return message.text
        case Part.REASONING:
            return message.reasoning
        case Part.CALL:
            return message.tool_calls[span.call or 0].arguments
