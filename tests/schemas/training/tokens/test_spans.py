"""Labels below the message: parts, calls, characters."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.training import Label, Part, Span
from schemas.training.tokens import FindingKind, TokenRenderer, TokenRow
from schemas.trajectory import Message
from tests.schemas.training.tokens.tiny_templates import message, template, tiny_tokenizer, trained_runs

CALLS = [("get_weather", '{"city": "Rome", "n": 1}'), ("book", '{"city": "Rome"}')]


def render(one: Message, *spans: Span, is_trained: bool = True, name: str = "qwen3") -> TokenRow:
    label = Label(is_trained=is_trained, weight=float(is_trained), spans=spans)
    messages = [message(0, "user", "Weather?"), one]
    (row,) = TokenRenderer(tiny_tokenizer(), template(name)).render(messages, None, {1: label}).rows
    return row


def span(
    part: Part, begin: int = 0, end: int | None = None, *, call: int | None = None, to: bool = False
) -> Span:
    return Span(part=part, call=call, begin=begin, end=end, is_trained=to, weight=2.0 if to else 0.0)


def spoken() -> Message:
    return message(1, "assistant", "Let me look.", reasoning="I am told.", calls=CALLS)


def test_one_call_of_two_is_left_out_with_its_tags() -> None:
    assert trained_runs(render(spoken(), span(Part.CALL, call=0))) == [
        "<think>\nI am told.\n</think>\n\nLet me look.",
        '\n<tool_call>\n{"name": "book", "arguments": {"city": "Rome"}}\n</tool_call><|im_end|>',
    ]


def test_reasoning_is_left_out_with_its_tags() -> None:
    assert trained_runs(render(message(1, "assistant", "Sunny.", reasoning="So."), span(Part.REASONING))) == [
        "Sunny.<|im_end|>"
    ]


def test_only_one_call_is_trained_and_the_end_token_follows_the_message() -> None:
    row = render(spoken(), span(Part.CALL, call=1, to=True), is_trained=False)
    assert trained_runs(row) == [
        '\n<tool_call>\n{"name": "book", "arguments": {"city": "Rome"}}\n</tool_call>'
    ]
    assert set(row.weights[row.is_trained].tolist()) == {2.0}


def test_of_two_spans_that_overlap_the_later_counts() -> None:
    one = message(1, "assistant", "abcdef")
    row = render(one, span(Part.TEXT), span(Part.TEXT, 2, 4, to=True))
    assert trained_runs(row) == ["cd", "<|im_end|>"]
    assert trained_runs(render(one, span(Part.TEXT, 2, 4, to=True), span(Part.TEXT))) == ["<|im_end|>"]


def test_the_name_of_a_call_stays_trained_when_an_argument_is_not() -> None:
    raw = CALLS[1][1]
    one = message(1, "assistant", calls=[CALLS[1]])
    begin = raw.index("Rome")
    for name in ("qwen3", "qwen2_5"):
        runs = trained_runs(render(one, span(Part.CALL, begin, begin + 4, call=0), name=name))
        assert "".join(runs).endswith('"book", "arguments": {"city": ""}}\n</tool_call><|im_end|>')


def test_a_span_in_respelled_arguments_is_followed_or_its_call_not_trained() -> None:
    followed = message(1, "assistant", calls=[("book", '{"a":  "b","c":1}')])
    runs = trained_runs(render(followed, span(Part.CALL, 8, 9, call=0), name="qwen2_5"))
    assert runs[0].endswith('{"a": "')
    assert runs[1].startswith('", "c": 1}')

    lost = message(1, "assistant", calls=[("book", '{"a": "b", "c": 1e5}')])
    label = Label(is_trained=True, weight=1.0, spans=(span(Part.CALL, 6, 9, call=0),))
    renderer = TokenRenderer(tiny_tokenizer(), template("qwen2_5"))
    rendered = renderer.render([message(0, "user", "x"), lost], None, {1: label})
    assert FindingKind.SPAN_NOT_PLACED in {one.kind for one in rendered.findings}
    assert trained_runs(rendered.rows[0]) == ["<|im_end|>"]


def test_a_token_over_the_border_of_a_span_is_not_trained_and_counted() -> None:
    text = "the weather"
    label = Label(is_trained=True, weight=1.0, spans=(span(Part.TEXT, 6, 11),))
    renderer = TokenRenderer(tiny_tokenizer(), template("qwen2_5"))
    rendered = renderer.render([message(0, "user", "x"), message(1, "assistant", text)], None, {1: label})
    assert trained_runs(rendered.rows[0]) == ["the", "<|im_end|>"]
    assert [one.count for one in rendered.findings if one.kind is FindingKind.TOKEN_STRADDLES] == [1]


@settings(max_examples=60, deadline=None)
@given(
    text=st.text(st.sampled_from("ab 🙂é\n<"), min_size=1, max_size=12).filter(str.strip),
    city=st.text(st.sampled_from('ab 🙂"\\'), max_size=6),
    cuts=st.tuples(st.integers(0, 40), st.integers(0, 40)),
    part=st.sampled_from([Part.TEXT, Part.CALL]),
)
def test_exactly_the_characters_of_a_span_are_trained(
    text: str, city: str, cuts: tuple[int, int], part: Part
) -> None:
    raw = json.dumps({"city": city}, ensure_ascii=False)
    source = text if part is Part.TEXT else raw
    begin, end = sorted(min(cut, len(source)) for cut in cuts)
    one = message(1, "assistant", text, calls=[("book", raw)])
    chosen = span(part, begin, end, call=0 if part is Part.CALL else None, to=True)

    label = Label(is_trained=False, weight=0.0, spans=(chosen,))
    renderer = TokenRenderer(tiny_tokenizer(), template("hermes"))
    rendered = renderer.render([message(0, "user", "x"), one], None, {1: label})

    trained = "".join(trained_runs(rendered.rows[0]))
    assert trained in source[begin:end]
    if not rendered.findings:
        # White space at a text's ends, which templates may trim, has the label of what stands beside it.
        inner = len(source) - len(source.lstrip()), len(source.rstrip())
        assert trained.strip() == source[max(begin, inner[0]) : min(end, inner[1])].strip()
