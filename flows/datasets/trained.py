"""How much of a conversation carries loss: messages and characters of the policy's words."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import polars as pl

from flows.datasets.rows import label_of
from schemas.rows import Row
from schemas.training import Label, Part, Span, TrainingExample
from warehouse import Warehouse

Call = tuple[str, str]
"""Name and raw arguments of a call."""
NOTHING_TRAINED = ~(
    pl.col("is_trained") | pl.col("spans").list.eval(pl.element().struct.field("is_trained")).list.any()
)


@dataclass(kw_only=True)
class Trained:
    """A running count."""

    message_count: int = 0
    """Messages of which any character carries loss."""
    character_count: int = 0
    """Their characters that do: text, reasoning, names and raw arguments of calls."""
    context_message_count: int = 0
    """Messages that are context alone, of every role."""

    def add(self, example: TrainingExample) -> None:
        """Count one trajectory."""
        for message in example.trajectory.messages:
            label = example.label(message)
            if label.trains_anything:
                calls = [(call.name, call.arguments) for call in message.tool_calls]
                self.message_count += 1
                self.character_count += trained_characters(label, message.text, message.reasoning, calls)
            else:
                self.context_message_count += 1


def trained_by_view(house: Warehouse, dataset_id: str) -> list[Row]:
    """Count what each training view of a dataset trains, as `Trained` does, from the tables alone."""
    totals: dict[str, Trained] = {}
    for bucket in range(house.bucket_count):
        labels = house.store.scan("train_labels", buckets=[bucket])
        own = labels.filter(pl.col("dataset_id") == dataset_id).collect()
        messages = house.store.scan(
            "messages", columns=["trajectory_id", "seq", "text", "reasoning", "tool_calls"], buckets=[bucket]
        )
        for (view,), held in own.partition_by("view", as_dict=True, maintain_order=True).items():
            _count(totals.setdefault(view, Trained()), held, messages)
    return [{"view": view, **asdict(trained)} for view, trained in sorted(totals.items())]


def _count(total: Trained, labels: pl.DataFrame, messages: pl.LazyFrame) -> None:
    context = labels.filter(NOTHING_TRAINED).height
    total.context_message_count += context
    total.message_count += labels.height - context
    key = ["trajectory_id", "seq"]
    named = labels.filter(~NOTHING_TRAINED).lazy().join(messages, on=key).collect()
    has_spans = pl.col("spans").list.len() > 0
    total.character_count += int(named.filter(~has_spans).select(_characters().sum()).item())
    for row in named.filter(has_spans).iter_rows(named=True):
        calls = [(call["name"], call["arguments"]) for call in row["tool_calls"] or ()]
        total.character_count += trained_characters(label_of(row), row["text"], row["reasoning"], calls)


def _characters() -> pl.Expr:
    """Count the characters of whole messages."""
    of_call = pl.element().struct
    calls = pl.col("tool_calls").list.eval(
        of_call.field("name").str.len_chars() + of_call.field("arguments").str.len_chars()
    )
    return pl.sum_horizontal(
        pl.col("text").str.len_chars(), pl.col("reasoning").str.len_chars(), calls.list.sum()
    )


def trained_characters(label: Label, text: str | None, reasoning: str | None, calls: Sequence[Call]) -> int:
    """Count the characters of a message that carry loss."""
    places: list[tuple[Part, int | None, bool, int]] = [
        (Part.TEXT, None, False, len(text or "")),
        (Part.REASONING, None, False, len(reasoning or "")),
    ]
    for number, (name, arguments) in enumerate(calls):
        places += [
            (Part.CALL, number, True, len(name)),
            (Part.CALL, number, False, len(arguments)),
        ]
    if not label.spans:
        return label.is_trained * sum(length for *_, length in places)
    return sum(_trained_in(label, *place) for place in places)


def _trained_in(label: Label, part: Part, call: int | None, is_name: bool, length: int) -> int:  # noqa: FBT001 - a place of `trained_characters`
    """Count the trained characters of one text; of two spans that overlap the later counts."""
    flags = bytearray([label.is_trained]) * length
    for span in label.spans:
        if (span.part, span.call) == (part, call) and (_is_whole(span) or not is_name):
            end = length if span.end is None else min(span.end, length)
            begin = min(span.begin, end)
            flags[begin:end] = bytes([span.is_trained]) * (end - begin)
    return sum(flags)


def _is_whole(span: Span) -> bool:
    """Tell whether a span of a call takes in its name."""
    return span.begin == 0 and span.end is None
