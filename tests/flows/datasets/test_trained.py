"""Trained characters are those that a character by character reading of labels and spans trains."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.datasets.trained import trained_characters
from schemas.training import Label, Part, Span

CALLS = [("find", '{"a":1}'), ("stop", "")]
PLACES = [(Part.TEXT, None), (Part.REASONING, None), (Part.CALL, 0), (Part.CALL, 1)]


@st.composite
def spans(draw: st.DrawFn) -> Span:
    part, call = draw(st.sampled_from(PLACES))
    begin = draw(st.integers(0, 12))
    end = draw(st.none() | st.integers(begin, 14))
    is_trained = draw(st.booleans())
    return Span(part=part, call=call, begin=begin, end=end, is_trained=is_trained, weight=float(is_trained))


def naive(label: Label, texts: dict[tuple[Part, int | None], str], names: dict[int, str]) -> int:
    total = 0
    for (part, call), text in texts.items():
        for index in range(len(text)):
            verdict = label.is_trained
            for span in label.spans:
                stop = len(text) if span.end is None else span.end
                if (span.part, span.call) == (part, call) and span.begin <= index < stop:
                    verdict = span.is_trained
            total += verdict
    for call, name in names.items():
        verdict = label.is_trained
        for span in label.spans:
            if (span.part, span.call, span.begin, span.end) == (Part.CALL, call, 0, None):
                verdict = span.is_trained
        total += verdict * len(name)
    return total


# Threads of flows that ran before in this process may take the processor from the first draws.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.booleans(), st.lists(spans(), max_size=4))
def test_spans_override_the_message_and_each_other_in_order(is_trained: bool, found: list[Span]) -> None:  # noqa: FBT001 - hypothesis gives it
    label = Label(is_trained=is_trained, weight=float(is_trained), spans=tuple(found))
    texts = dict(zip(PLACES, ["some words", "thought", '{"a":1}', ""], strict=True))
    assert trained_characters(label, "some words", "thought", CALLS) == naive(
        label, texts, {0: "find", 1: "stop"}
    )


def test_whole_message_counts_text_reasoning_names_and_arguments() -> None:
    label = Label(is_trained=True, weight=1.0)
    assert trained_characters(label, "abc", None, CALLS) == len("abc" + "find" + '{"a":1}' + "stop")
    assert trained_characters(Label(is_trained=False, weight=0.0), "abc", "d", CALLS) == 0
