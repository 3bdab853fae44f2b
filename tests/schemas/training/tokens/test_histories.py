"""Rows in which each trained turn stands behind the text that the policy would have seen."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.training.tokens import TokenRenderer, TokenRow
from schemas.training.tokens.chats import write_chat
from schemas.trajectory import Message, Role
from tests.schemas.training.tokens.tiny_templates import (
    TOOLS,
    message,
    template,
    tiny_tokenizer,
    train_all,
    trained_runs,
)

WORDS = st.sampled_from(["Rome.", "The weather\n", "🙂", "a <b> c", "  late  "])


@st.composite
def conversations(draw: st.DrawFn) -> list[Message]:
    messages = [message(0, "system", "Be brief."), message(1, "user", draw(WORDS))]
    for _ in range(draw(st.integers(1, 5))):
        is_call = draw(st.booleans())
        text = None if is_call else draw(WORDS)
        calls = [("get_weather", json.dumps({"city": draw(WORDS)}))] if is_call else []
        reasoning = draw(st.none() | WORDS)
        messages.append(message(len(messages), "assistant", text, reasoning=reasoning, calls=calls))
        messages.append(message(len(messages), "tool" if is_call else "user", draw(WORDS)))
    return messages[:-1]


def contexts(row: TokenRow) -> dict[int, str]:
    """Decode what stands before each trained message."""
    tokenizer = tiny_tokenizer()
    first = {int(seq): int((row.seqs == seq).argmax()) for seq in set(row.seqs[row.is_trained].tolist())}
    return {seq: tokenizer.decode(row.input_ids[:at]) for seq, at in first.items()}


@pytest.mark.parametrize("name", ["qwen3", "qwen2_5", "gptoss", "llama3_1", "mistral", "hermes"])
@settings(max_examples=25, deadline=None)
@given(messages=conversations())
def test_each_turn_is_trained_once_behind_what_inference_sees(name: str, messages: list[Message]) -> None:
    tokenizer = tiny_tokenizer()
    renderer = TokenRenderer(tokenizer, template(name), history="as_sampled")
    rendered = renderer.render(messages, TOOLS, train_all(messages))

    seen: dict[int, str] = {}
    for row in rendered.rows:
        own = contexts(row)
        assert not own.keys() & seen.keys()
        seen |= own
    assert seen.keys() == {one.seq for one in messages if one.role is Role.ASSISTANT}
    for seq, context in seen.items():
        chat = write_chat(
            messages[:seq], arguments="string" if name == "qwen3" else "object", fill_content=False
        )
        asked = tokenizer.apply_chat_template(
            chat, json.loads(TOOLS), chat_template=template(name), tokenize=False, add_generation_prompt=True
        )
        assert context == asked


def reasoned() -> list[Message]:
    return [
        message(0, "user", "Weather?"),
        message(1, "assistant", reasoning="I look.", calls=[("get_weather", '{"city": "Rome"}')]),
        message(2, "tool", "sunny"),
        message(3, "assistant", "Sunny.", reasoning="It says so."),
        message(4, "user", "Thanks."),
        message(5, "assistant", "Bye.", reasoning="Polite."),
    ]


def test_keeps_the_reasoning_that_a_later_user_message_would_take_away() -> None:
    messages = reasoned()
    as_sampled = TokenRenderer(tiny_tokenizer(), template("qwen3"), history="as_sampled")
    call = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Rome"}}\n</tool_call><|im_end|>'
    runs = [trained_runs(row) for row in as_sampled.render(messages, None, train_all(messages)).rows]
    assert runs == [
        [f"<think>\nI look.\n</think>\n\n{call}", "<think>\nIt says so.\n</think>\n\nSunny.<|im_end|>"],
        ["<think>\nPolite.\n</think>\n\nBye.<|im_end|>"],
    ]
    as_rendered = TokenRenderer(tiny_tokenizer(), template("qwen3"))
    (row,) = as_rendered.render(messages, None, train_all(messages)).rows
    assert trained_runs(row) == [call, "Sunny.<|im_end|>", "<think>\nPolite.\n</think>\n\nBye.<|im_end|>"]


def test_an_additive_template_needs_one_row() -> None:
    messages = reasoned()
    renderer = TokenRenderer(tiny_tokenizer(), template("qwen2_5"), history="as_sampled")
    assert len(renderer.render(messages, None, train_all(messages)).rows) == 1


def test_nothing_trained_gives_no_row() -> None:
    renderer = TokenRenderer(tiny_tokenizer(), template("qwen3"), history="as_sampled")
    assert renderer.render(reasoned()).rows == ()
