"""What trainers' loaders were seen to do without a word, and the shape of our rows that keeps clear of it.

By number as in the reference notes; 3 is in test_llama_factory, 4 in test_openrlhf, 5 in test_verl, 7 in test_axolotl.
The scripts in tests/loaders show the failures themselves in the trainers.
"""

from typing import Any

import pyarrow as pa
import pytest

from schemas.training import TRAINING_FORMATS
from schemas.training.tokens import TokenRenderer
from schemas.trajectory import Role
from tests.json_columns import read_back
from tests.schemas.training import kinds
from tests.schemas.training.built import ROLLOUT, example, message, pair
from tests.tiny_model import build_tokenizer, trained_texts

LATER = (message(6, Role.USER, "And now?"), message(7, Role.ASSISTANT, "Gone."))
"""Behind a user's word Qwen3's template drops the reasoning of earlier turns."""


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return build_tokenizer(["Be kind.", "I look.", "Done.", "Gone."])


def token_texts(tokenizer: Any, *, history: str) -> list[str]:
    form = TRAINING_FORMATS["tokens"](tokenizer="tiny", history=history)  # type: ignore[call-arg]
    bound = form.bound(renderer=TokenRenderer(tokenizer, history=history))  # type: ignore[arg-type]
    rows = bound.rows(example(*ROLLOUT, *LATER))
    return [text for row in rows for text in trained_texts(row, tokenizer)]


def test_1_no_tool_result_is_trained_where_a_template_rewrites_history(tokenizer: Any) -> None:
    texts = token_texts(tokenizer, history="as_rendered")
    assert len(texts) == 3
    assert not any("tool_response" in text or "And now?" in text for text in texts)


@pytest.mark.parametrize("name", ["verl_sft", "axolotl"])
def test_2_calls_with_unlike_arguments_come_back_without_nulls(name: str) -> None:
    form = kinds.format_of(name)
    (read,) = pa.Table.from_pylist(form.rows(example()), schema=form.arrow_schema).to_pylist()
    arguments = [call["function"]["arguments"] for call in read["messages"][2]["tool_calls"]]
    assert arguments == ['{"a" : 1.50}', '{"b": "</tool_call>"}']


def test_2_objects_with_unlike_keys_come_back_without_nulls_of_json_columns() -> None:
    form = kinds.format_of("trl_sft")
    (read,) = read_back(form, form.rows(example()))
    arguments = [call["function"]["arguments"] for call in read["messages"][2]["tool_calls"]]
    assert arguments == [{"a": 1.5}, {"b": "</tool_call>"}]


@pytest.mark.parametrize(
    "name", [name for name, form in TRAINING_FORMATS.items() if form.unit == "pair" and name != "trl_reward"]
)
def test_6_a_side_with_tool_results_is_refused(name: str) -> None:
    assert kinds.format_of(name).changes(pair(*ROLLOUT[2:5]))["multi_message_sides"] == 1


def test_8_what_is_trained_is_what_the_policy_would_see_at_inference(tokenizer: Any) -> None:
    first, second, third = token_texts(tokenizer, history="as_sampled")
    assert first.startswith("<think>\nHm.\n</think>")
    assert second == "<think>\n\n</think>\n\nDone.<|im_end|>"
    assert third == "<think>\n\n</think>\n\nGone.<|im_end|>"
