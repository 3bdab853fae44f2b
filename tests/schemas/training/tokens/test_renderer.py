"""What is trained is what was meant, letter by letter, for several families of chat templates."""

import json
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.training import Label
from schemas.training.tokens import FindingKind, TokenKind, TokenRenderer
from schemas.trajectory import Message, Role
from tests.schemas.training.tokens.tiny_templates import (
    TOOLS,
    message,
    template,
    tiny_tokenizer,
    train_all,
    trained_runs,
)

TRICKY = [
    "\U000f0000",
    "\U0010ffff",
    "<|im_end|>",
    "<|eot_id|>",
    "</s>",
    "🙂",
    "é",
    "\n",
    " ",
    "<tool_call>",
    "{}",
    "a\u0301",
]
TEXTS = st.lists(st.sampled_from([*TRICKY, "Rome", "weather", "1e5"]), max_size=6).map("".join)
SHOWN = TEXTS.map(lambda text: text if text.strip() else "hi")
ARGUMENTS = st.dictionaries(
    st.sampled_from(["city", "n", "ж"]), TEXTS | st.integers() | st.none(), max_size=3
)
CALLS = st.lists(st.tuples(st.sampled_from(["get_weather", "book"]), ARGUMENTS.map(json.dumps)), max_size=1)


@st.composite
def conversations(draw: st.DrawFn) -> list[Message]:
    messages = [message(0, "system", draw(SHOWN)), message(1, "user", draw(SHOWN))]
    for _ in range(draw(st.integers(1, 4))):
        calls = draw(CALLS)
        text = draw(TEXTS)
        messages.append(message(len(messages), "assistant", text, calls=calls))
        messages.append(message(len(messages), "tool" if calls else "user", draw(SHOWN)))
    return messages[: len(messages) - draw(st.integers(0, 1))]


def chatml_turn(one: Message) -> str:
    text = f"\n{one.text}" if one.text or not one.tool_calls else ""
    calls = [
        f'\n<tool_call>\n{{"name": "{call.name}", "arguments": {respelled(call.arguments)}}}\n</tool_call>'
        for call in one.tool_calls
    ]
    return "".join([text, *calls])[1:] + "<|im_end|>"


def llama_turn(one: Message) -> str:
    calls = [
        f'{{"name": "{call.name}", "parameters": {respelled(call.arguments)}}}' for call in one.tool_calls
    ]
    return (calls[0] if calls else (one.text or "").strip()) + "<|eot_id|>"


def mistral_turn(one: Message) -> str:
    calls = [
        json.dumps(
            {"name": call.name, "arguments": json.loads(call.arguments), "id": call.call_id},
            ensure_ascii=False,
        )
        for call in one.tool_calls
    ]
    return (f"[TOOL_CALLS] [{calls[0]}]" if calls else " " + (one.text or "").strip()) + "</s>"


def respelled(arguments: str) -> str:
    return json.dumps(json.loads(arguments), ensure_ascii=False)


TURNS: dict[str, Callable[[Message], str]] = {
    "qwen2_5": chatml_turn,
    "hermes": chatml_turn,
    "llama3_1": llama_turn,
    "mistral": mistral_turn,
}


EMPTY_TURNS_NOT_PLACED = {"hermes", "mistral"}
"""Where an empty turn begins shows only by what stands before it: these write it otherwise once more follows."""


@pytest.mark.parametrize("name", TURNS)
@settings(max_examples=40, deadline=None)
@given(messages=conversations(), tools=st.sampled_from([None, TOOLS]))
def test_trains_what_the_policy_writes_and_nothing_else(
    name: str, messages: list[Message], tools: str | None
) -> None:
    rendered = TokenRenderer(tiny_tokenizer(), template(name)).render(messages, tools, train_all(messages))

    unplaced = {one.seq for one in rendered.findings if one.kind is FindingKind.TURN_NOT_PLACED}
    turns = [one for one in messages if one.role is Role.ASSISTANT]
    assert not unplaced or name in EMPTY_TURNS_NOT_PLACED
    assert not any((one.text or "").strip() for one in turns if one.seq in unplaced)
    meant = [TURNS[name](one) for one in turns if one.seq not in unplaced]
    assert trained_runs(rendered.rows[0]) == meant


@pytest.mark.parametrize("name", [*TURNS, "qwen3", "gptoss"])
@settings(max_examples=20, deadline=None)
@given(messages=conversations())
def test_ids_are_the_tokenizers_own(name: str, messages: list[Message]) -> None:
    tokenizer = tiny_tokenizer()
    rendered = TokenRenderer(tokenizer, template(name)).render(messages)
    for row in rendered.rows:
        assert row.input_ids.tolist() == tokenizer(tokenizer.decode(row.input_ids))["input_ids"]
        assert row.trained_count == 0


@settings(max_examples=40, deadline=None)
@given(messages=conversations(), chosen=st.sets(st.integers(0, 9)))
def test_trains_only_the_messages_with_a_label(messages: list[Message], chosen: set[int]) -> None:
    labels = {seq: label for seq, label in train_all(messages, weight=0.5).items() if seq in chosen}
    (row,) = TokenRenderer(tiny_tokenizer(), template("qwen2_5")).render(messages, None, labels).rows
    assert trained_runs(row) == [chatml_turn(one) for one in messages if one.seq in labels]
    assert set(row.seqs[row.is_trained].tolist()) == set(labels)
    assert set(row.weights[row.is_trained].tolist()) <= {0.5}
    assert not row.weights[~row.is_trained].any()


def conversation() -> list[Message]:
    return [
        message(0, "system", "Be brief."),
        message(1, "user", "Weather?"),
        message(2, "assistant", "Let me look.", calls=[("get_weather", '{"city": "Rome"}')]),
        message(3, "tool", "sunny"),
        message(4, "assistant", "Sunny."),
    ]


@pytest.mark.parametrize(("ending", "end"), [("none", ""), ("token", "<|im_end|>"), ("turn", "<|im_end|>\n")])
def test_ends_a_turn_as_asked(ending: str, end: str) -> None:
    messages = conversation()
    renderer = TokenRenderer(tiny_tokenizer(), template("qwen2_5"), train_eos=ending)  # type: ignore[arg-type]
    (row,) = renderer.render(messages, None, train_all(messages)).rows
    assert trained_runs(row)[-1] == f"Sunny.{end}"


def test_empty_texts_around_a_turn_do_not_hide_it() -> None:
    messages = [
        message(0, "user", ""),
        message(1, "assistant", "One."),
        message(2, "user", " "),
        message(3, "assistant", ""),
        message(4, "user", ""),
        message(5, "assistant", "Two."),
    ]
    (row,) = (
        TokenRenderer(tiny_tokenizer(), template("qwen2_5")).render(messages, None, train_all(messages)).rows
    )
    assert trained_runs(row) == ["One.<|im_end|>", "<|im_end|>", "Two.<|im_end|>"]


def test_a_greeting_before_any_user_is_placed() -> None:
    messages = [
        message(0, "assistant", "Hi!"),
        message(1, "user", "Weather?"),
        message(2, "assistant", "Sunny."),
    ]
    (row,) = (
        TokenRenderer(tiny_tokenizer(), template("qwen3")).render(messages, TOOLS, train_all(messages)).rows
    )
    assert trained_runs(row) == ["Hi!<|im_end|>", "<think>\n\n</think>\n\nSunny.<|im_end|>"]


def test_a_tool_message_is_never_trained_whatever_its_label() -> None:
    messages = conversation()
    labels = {one.seq: Label(is_trained=True, weight=1.0) for one in messages}
    (row,) = TokenRenderer(tiny_tokenizer(), template("qwen2_5")).render(messages, None, labels).rows
    assert set(row.seqs[row.is_trained].tolist()) == {2, 4}


def test_advantages_stand_on_trained_tokens_only() -> None:
    messages = conversation()
    labels = {2: Label(is_trained=True, weight=1.0, advantage=-0.5), 4: Label(is_trained=True, weight=1.0)}
    (row,) = TokenRenderer(tiny_tokenizer(), template("qwen2_5")).render(messages, None, labels).rows
    assert row.advantages is not None
    assert set(row.advantages[row.is_trained & (row.seqs == 2)].tolist()) == {-0.5}
    assert np.isnan(row.advantages[~row.is_trained | (row.seqs == 4)]).all()
    (plain,) = TokenRenderer(tiny_tokenizer(), template("qwen2_5")).render(messages).rows
    assert plain.advantages is None


def test_says_of_each_token_whose_it_is() -> None:
    messages = conversation()
    (row,) = (
        TokenRenderer(tiny_tokenizer(), template("qwen2_5")).render(messages, None, train_all(messages)).rows
    )
    decode = tiny_tokenizer().decode
    assert decode(row.input_ids[row.seqs == 3]) == "sunny"
    assert decode(row.input_ids[row.seqs == 4]) == "Sunny.<|im_end|>"
    call = decode(row.input_ids[row.kinds == TokenKind.CALL])
    assert call == '\n<tool_call>\n{"name": "get_weather", "arguments": {"city": "Rome"}}\n</tool_call>'
    assert decode(row.input_ids[(row.kinds == TokenKind.TEXT)]) == "Let me look.Sunny."


def kinds(messages: Sequence[Message], name: str) -> set[FindingKind]:
    rendered = TokenRenderer(tiny_tokenizer(), template(name)).render(messages, TOOLS, train_all(messages))
    return {one.kind for one in rendered.findings}


def test_a_refusal_is_a_finding_and_not_an_error() -> None:
    messages = conversation()
    several = message(2, "assistant", calls=[("get_weather", "{}"), ("get_weather", "{}")])
    messages[2] = several
    rendered = TokenRenderer(tiny_tokenizer(), template("llama3_1")).render(
        messages, TOOLS, train_all(messages)
    )
    assert rendered.rows == ()
    assert rendered.findings[0].kind is FindingKind.TEMPLATE_REFUSED
    assert "single tool-calls" in rendered.findings[0].detail


def test_broken_arguments_are_not_trained_where_the_template_would_quote_them() -> None:
    messages = conversation()
    messages[2] = message(2, "assistant", calls=[("get_weather", '{"city": ')])
    renderer = TokenRenderer(tiny_tokenizer(), template("qwen2_5"))
    rendered = renderer.render(messages, TOOLS, train_all(messages))
    assert FindingKind.ARGUMENTS_NOT_JSON in {one.kind for one in rendered.findings}
    assert trained_runs(rendered.rows[0]) == ["Sunny.<|im_end|>"]


def test_broken_arguments_are_trained_as_written_where_the_template_takes_strings() -> None:
    messages = conversation()
    messages[2] = message(2, "assistant", calls=[("get_weather", '{"city": ')])
    (row,) = (
        TokenRenderer(tiny_tokenizer(), template("qwen3")).render(messages, TOOLS, train_all(messages)).rows
    )
    assert '"arguments": {"city": }' in trained_runs(row)[0]


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ('{"n":1}', FindingKind.ARGUMENTS_RESPELLED),
        ('{"n": 1e5}', FindingKind.ARGUMENTS_RESPELLED),
        ('{"n": 1, "n": 2}', FindingKind.ARGUMENTS_CHANGED),
        ('{"n": 0.12345678901234567890123}', FindingKind.ARGUMENTS_RESPELLED),
    ],
)
def test_reports_arguments_that_are_not_as_written(arguments: str, kind: FindingKind) -> None:
    messages = conversation()
    messages[2] = message(2, "assistant", calls=[("get_weather", arguments)])
    assert kind in kinds(messages, "qwen2_5")
    assert not kinds(messages, "qwen3") & {FindingKind.ARGUMENTS_RESPELLED, FindingKind.ARGUMENTS_CHANGED}


def test_reports_what_a_template_drops() -> None:
    messages = conversation()
    messages[4] = message(4, "assistant", "Sunny.", reasoning="It said so.")
    assert kinds(messages, "qwen3") == set()
    assert kinds(messages, "qwen2_5") == {FindingKind.REASONING_DROPPED}
    assert kinds(messages, "llama3_1") == {FindingKind.REASONING_DROPPED, FindingKind.TEXT_DROPPED}


def test_a_message_whose_call_is_dropped_is_not_trained() -> None:
    messages = conversation()
    renderer = TokenRenderer(tiny_tokenizer(), template("qwen2_5_vl"))
    rendered = renderer.render(messages, None, train_all(messages))
    assert FindingKind.CALL_DROPPED in {one.kind for one in rendered.findings}
    assert trained_runs(rendered.rows[0]) == ["Sunny.<|im_end|>"]


def test_a_text_with_its_reasoning_inside_is_followed_through_the_template() -> None:
    messages = conversation()
    messages[4] = message(4, "assistant", "<think>\nIt said so.\n</think>\n\nSunny.")
    (row,) = (
        TokenRenderer(tiny_tokenizer(), template("qwen3")).render(messages, None, train_all(messages)).rows
    )
    assert trained_runs(row)[-1] == "<think>\nIt said so.\n</think>\n\nSunny.<|im_end|>"


def test_a_batch_gives_what_each_alone_gives() -> None:
    from schemas.training.tokens import Conversation

    messages = conversation()
    several = [Conversation(messages=messages[:end], labels=train_all(messages)) for end in (2, 3, 4, 5)]
    renderer = TokenRenderer(tiny_tokenizer(), template("qwen3"))
    together = [one.rows[0].labels.tolist() for one in renderer.render_all(several)]
    alone = [
        TokenRenderer(tiny_tokenizer(), template("qwen3"))
        .render(one.messages, None, one.labels)
        .rows[0]
        .labels.tolist()
        for one in several
    ]
    assert together == alone
