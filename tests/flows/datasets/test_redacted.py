"""Redaction of words before they are tokenised, or before a label counts their characters."""

import pytest

from flows.datasets.redacted import must_redact_first, redacted_example
from flows.redaction import Redaction
from schemas.errors import ExportRefusedError
from schemas.training import TRAINING_FORMATS, Label, Part, Span, TrainingExample
from schemas.trajectory import Message, Origin, Role, Task, ToolCall, Toolset, Trajectory

MAIL = "ada.lovelace@example.com"
CALL = ToolCall(name="send", arguments=f'{{"to": "{MAIL}"}}')
TRAJECTORY = Trajectory(
    record_id="r",
    source_name="s",
    source_format="f",
    task=Task(benchmark="b", task_key="1"),
    messages=(
        Message(seq=0, role=Role.USER, origin=Origin.SCRIPTED, text=f"Write to {MAIL}."),
        Message(seq=1, role=Role.ASSISTANT, origin=Origin.SAMPLED, text="I write.", tool_calls=(CALL,)),
    ),
    toolset=Toolset(tools=f'[{{"description": "as {MAIL}"}}]'),
)


def example(*spans: Span) -> TrainingExample:
    label = Label(is_trained=True, weight=1.0, spans=spans)
    return TrainingExample(trajectory=TRAJECTORY, labels={1: label})


def span(part: Part, call: int | None = None) -> Span:
    return Span(part=part, call=call, begin=0, end=3, is_trained=False, weight=0.0)


def test_every_word_of_an_example_is_redacted() -> None:
    redaction = Redaction(["personal"])
    redacted = redacted_example(example(), redaction)
    assert isinstance(redacted, TrainingExample)
    assert MAIL not in repr(redacted)
    assert redaction.counts["email"] == 3
    assert redacted.labels == example().labels
    assert redacted.trajectory.messages[1].text == "I write."


def test_a_label_of_characters_that_redaction_moves_is_refused() -> None:
    with pytest.raises(ExportRefusedError, match="redaction changes that text"):
        redacted_example(example(span(Part.CALL, 0)), Redaction(["personal"]))


def test_a_label_of_characters_of_another_text_stays() -> None:
    spanned = example(span(Part.TEXT))
    redacted = redacted_example(spanned, Redaction(["personal"]))
    assert isinstance(redacted, TrainingExample)
    assert redacted.labels == spanned.labels


def test_only_where_rows_cannot_be_redacted_words_are_redacted_first() -> None:
    chat, tokens = TRAINING_FORMATS["trl_sft"](), TRAINING_FORMATS["tokens"](tokenizer="t")  # type: ignore[call-arg]
    assert not must_redact_first(chat, example())
    assert must_redact_first(chat, example(span(Part.TEXT)))
    assert must_redact_first(tokens, example())
