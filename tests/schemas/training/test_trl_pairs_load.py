"""Pairs and labelled pieces as TRL's own trainers tokenise them; no hub is asked."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from schemas.errors import ExportRefusedError
from schemas.training import TRAINING_FORMATS, PairExample, SampleExample, arrow_rows
from schemas.trajectory import Message, Origin, Role, Task, ToolCall, Toolset
from tests.tiny_model import build_tokenizer, tiny_model

pytestmark = [
    pytest.mark.slow,
    # trl 1.16 sets transformers' old name of the option by default
    pytest.mark.filterwarnings("ignore:`gradient_checkpointing` is deprecated:FutureWarning"),
]

TASK = Task(benchmark="hills", task_key="7")
TOOLS = Toolset(
    tools='[{"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}]'
)
CONTEXT = (
    Message(seq=0, role=Role.SYSTEM, origin=Origin.SCRIPTED, text="Be kind."),
    Message(seq=1, role=Role.USER, origin=Origin.SCRIPTED, text="Where is it?"),
)


def spoken(text: str, *calls: ToolCall) -> Message:
    return Message(seq=2, role=Role.ASSISTANT, origin=Origin.SAMPLED, text=text, tool_calls=calls)


LOOK = spoken("I look.", ToolCall(name="look", arguments='{"x": 1}', call_id="c", result_seq=3))
GUESS = spoken("It is here.")
RESULT = Message(seq=3, role=Role.TOOL, origin=Origin.INJECTED, text="Nothing", call_seq=2)
RENDERED_LOOK = 'I look.\n<tool_call>\n{"name": "look", "arguments": {"x": 1}}\n</tool_call><|im_end|>\n'


def pair(*more: Message) -> PairExample:
    return PairExample(
        pair_id="p",
        kind="sibling_steps",
        task=TASK,
        context=CONTEXT,
        chosen=(LOOK, *more),
        rejected=(GUESS,),
        chosen_id="a",
        rejected_id="b",
        toolset=TOOLS,
        margin=0.5,
    )


def sample(answer: Message, *, is_good: bool) -> SampleExample:
    return SampleExample(
        sample_id="s",
        kind="step_labels",
        task=TASK,
        trajectory_id="a",
        context=CONTEXT,
        completion=(answer,),
        toolset=TOOLS,
        is_good=is_good,
    )


def loaded(name: str, folder: Path, *examples: Any) -> Any:
    import datasets

    member = TRAINING_FORMATS[name]()
    rows = [row for example in examples for row in member.write(example).rows]
    assert member.arrow_schema is not None
    pq.write_table(arrow_rows(rows, member.arrow_schema), folder / "rows.parquet")
    return datasets.load_dataset(
        "parquet", data_files=str(folder / "rows.parquet"), split="train", cache_dir=str(folder / "cache")
    )


def tokenizer() -> Any:
    return build_tokenizer([message.text or "" for message in (*CONTEXT, LOOK, GUESS, RESULT)])


def answers(decoded: str) -> str:
    """Leave out the empty thought that Qwen3's template puts in front of a turn."""
    return decoded.removeprefix("<think>\n\n</think>\n\n")


def test_dpo_trainer_prefers_exactly_the_chosen_turn(tmp_path: Path) -> None:
    from trl import DPOConfig, DPOTrainer

    words = tokenizer()
    arguments = DPOConfig(output_dir=str(tmp_path), use_cpu=True, bf16=False, max_length=None, report_to=[])
    trainer = DPOTrainer(
        model=tiny_model(words),
        ref_model=tiny_model(words),
        args=arguments,
        train_dataset=loaded("trl_dpo", tmp_path, pair(), pair()),
        processing_class=words,
    )
    row = trainer.train_dataset[0]
    assert answers(words.decode(row["chosen_ids"])) == RENDERED_LOOK
    assert answers(words.decode(row["rejected_ids"])) == "It is here.<|im_end|>\n"
    assert '"name": "look"' in words.decode(row["prompt_ids"])


def test_reward_trainer_sees_both_conversations_and_the_margin(tmp_path: Path) -> None:
    from transformers import Qwen3ForSequenceClassification
    from trl import RewardConfig, RewardTrainer

    words = tokenizer()
    config = tiny_model(words).config
    config.num_labels = 1
    config.pad_token_id = words.pad_token_id
    trainer = RewardTrainer(
        model=Qwen3ForSequenceClassification(config),
        args=RewardConfig(output_dir=str(tmp_path), use_cpu=True, bf16=False, max_length=None, report_to=[]),
        train_dataset=loaded("trl_reward", tmp_path, pair(RESULT), pair(RESULT)),
        processing_class=words,
    )
    row = trainer.train_dataset[0]
    assert "Nothing" in words.decode(row["chosen_ids"])
    assert words.decode(row["rejected_ids"]).endswith("It is here.<|im_end|>\n")
    assert row["margin"] == 0.5


def test_kto_trainer_labels_exactly_the_turn(tmp_path: Path) -> None:
    from trl import KTOConfig, KTOTrainer

    words = tokenizer()
    samples = [sample(LOOK, is_good=True), sample(GUESS, is_good=False)]
    trainer = KTOTrainer(
        model=tiny_model(words),
        ref_model=tiny_model(words),
        args=KTOConfig(
            output_dir=str(tmp_path),
            use_cpu=True,
            bf16=False,
            max_length=None,
            per_device_train_batch_size=2,
            report_to=[],
        ),
        train_dataset=loaded("trl_kto", tmp_path, *samples),
        processing_class=words,
    )
    rows = list(trainer.train_dataset)
    assert [row["label"] for row in rows] == [True, False]
    assert [answers(words.decode(row["completion_ids"])) for row in rows] == [
        RENDERED_LOOK,
        "It is here.<|im_end|>\n",
    ]


@pytest.mark.parametrize("name", ["trl_dpo", "openai_preference"])
def test_a_side_with_words_of_tools_is_refused_because_they_would_be_trained(name: str) -> None:
    with pytest.raises(ExportRefusedError, match="multi_message_sides 1"):
        TRAINING_FORMATS[name]().write(pair(RESULT))


def test_openai_preference_is_nothing_but_the_published_shape() -> None:
    (row,) = TRAINING_FORMATS["openai_preference"]().rows(pair())
    assert set(row) == {"input", "preferred_output", "non_preferred_output"}
    assert [message["role"] for message in row["input"]["messages"]] == ["system", "user"]
    assert row["preferred_output"][0]["tool_calls"][0]["function"]["arguments"] == '{"x": 1}'
    assert row["non_preferred_output"] == [{"role": "assistant", "content": "It is here."}]
