from functools import cache
from typing import Any

import pytest

from schemas.training import Label
from schemas.training.openrlhf_preference import OpenrlhfPreference
from schemas.training.openrlhf_sft import OpenrlhfSft
from schemas.training.tokens import TokenRenderer
from schemas.trajectory import Message, Role
from tests.schemas.training.built import MASKED, ROLLOUT, TRAINED, example, hidden, message, pair
from tests.tiny_model import build_tokenizer


@cache
def renderer() -> TokenRenderer:
    return TokenRenderer(build_tokenizer(["Be kind.", "Done."]))


def steps(*messages: Message, **fields: Any) -> list[dict[str, Any]]:
    form = OpenrlhfSft(tokenizer="tiny", renderer=renderer())
    return form.rows(example(*messages, **fields))


def test_one_line_per_trained_step_so_that_no_tool_result_is_trained() -> None:
    """Silent failure 4: the trainer's own multi-turn ranges train tool results."""
    rows = steps()
    assert [row["seq"] for row in rows] == [2, 5]
    assert rows[1]["output"] == "<think>\n\n</think>\n\nDone.<|im_end|>"
    assert "one" in rows[1]["input"]
    assert all("tool_response" not in row["output"] for row in rows)


def test_the_input_has_the_tool_schemas_and_ends_where_the_policy_speaks() -> None:
    for row in steps():
        assert '"name": "f"' in row["input"].split("Be kind.")[1]
        assert row["input"].endswith("<|im_start|>assistant\n")
        assert row["output"].endswith("<|im_end|>")


def test_the_output_has_reasoning_text_and_both_calls_as_they_were_written() -> None:
    output = steps()[0]["output"]
    assert output.startswith("<think>\nHm.\n</think>\n\nI look.\n<tool_call>")
    assert '{"a" : 1.50}' in output
    assert output.count("<tool_call>") == 2


def test_each_step_sees_history_as_the_policy_did() -> None:
    """Silent failure 1: Qwen3's template drops earlier reasoning once a user speaks; the step before keeps it."""
    later = (message(6, Role.USER, "?"), message(7, Role.ASSISTANT, "!"))
    rows = steps(*ROLLOUT, *later)
    assert ["Hm." in row["input"] for row in rows] == [False, True, False]
    assert all(row["output"].startswith("<think>") for row in rows)


def test_masks_are_carried_and_weights_and_spans_refused() -> None:
    assert [row["seq"] for row in steps(labels={2: MASKED, 5: TRAINED})] == [5]
    form = OpenrlhfSft(tokenizer="tiny", renderer=renderer())
    half = Label(is_trained=True, weight=0.5)
    assert form.changes(example(labels={2: MASKED, 5: TRAINED})) == {}
    assert form.changes(example(labels={2: half, 5: hidden(0, 1)})) == {"loss_weight": 1, "loss_spans": 1}


def test_a_context_that_the_template_refuses_is_refused_by_us() -> None:
    tokenizer = build_tokenizer(["Be kind."])
    template = "{% if messages | length > 2 %}{{ raise_exception('too long') }}{% endif %}"
    form = OpenrlhfSft(
        tokenizer="tiny", renderer=TokenRenderer(tokenizer, template + tokenizer.chat_template)
    )
    assert form.changes(example())["unproven_prompts"] == 2
    assert form.rows(example()) == []


def test_a_pair_shares_its_prompt() -> None:
    form = OpenrlhfPreference(tokenizer="tiny", renderer=renderer())
    (row,) = form.rows(pair(margin=0.5))
    assert row["prompt"].endswith("<|im_start|>assistant\n")
    assert row["rejected"] == "<think>\n\n</think>\n\nDone.<|im_end|>"
    assert row["chosen"].count("<tool_call>") == 2
    assert row["margin"] == 0.5
    assert form.changes(pair()) == {}
    assert form.changes(pair(*ROLLOUT[2:5])) == {"multi_message_sides": 1}
    assert form.rows(pair(chosen=())) == []


def test_without_its_tokenizer_it_says_so() -> None:
    with pytest.raises(ValueError, match="was not loaded"):
        OpenrlhfSft(tokenizer="tiny").rows(example())
