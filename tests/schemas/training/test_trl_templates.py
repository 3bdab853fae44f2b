"""What TRL trains of written folders, with the templates of four families; real rollouts where the data is here."""

import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from schemas.training import TRAINING_FORMATS, Example, TrainingExample, arrow_rows
from schemas.training.tokens import TokenRenderer
from schemas.trajectory import Message, Role
from tests.loaders.examples import pick_trajectories, step_pairs, whole_examples
from tests.loaders.templates import HERMES, LLAMA_OPTIONS
from tests.tiny_model import build_tokenizer, tiny_model, tokenise, trained_texts

pytestmark = [
    pytest.mark.slow,
    # trl 1.16 sets transformers' old name of the option by default
    pytest.mark.filterwarnings("ignore:`gradient_checkpointing` is deprecated:FutureWarning"),
]
SPOKEN = "{%- if message.role == 'assistant' %}{% generation %}{{- said }}{% endgeneration %}{% else %}{{- said }}{% endif %}"
MARKED = {
    "llama": (
        ("{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}",
         "{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' }}{% set said = message['content'] | trim + '<|eot_id|>' %}" + SPOKEN),
        ("{{- '{\"name\": \"' + tool_call.name", "{% generation %}{{- '{\"name\": \"' + tool_call.name"),
        ('{{- "}" }}', '{{- "}<|eot_id|>" }}{% endgeneration %}'),
        ('{%- else %}\n            {{- "<|eot_id|>" }}', ""),
    ),
    "hermes": (
        ("{{- '<|im_start|>assistant\\n' }}\n{%- if message.content", "{{- '<|im_start|>assistant\\n' }}{% generation %}\n{%- if message.content"),
        ("{%- endfor %}{{- '<|im_end|>\\n' }}", "{%- endfor %}{{- '<|im_end|>\\n' }}{% endgeneration %}"),
    ),
}  # fmt: skip
"""Where a template's own words for the assistant begin and end; TRL knows it of the templates that it ships for training."""


def spelled(arguments: str) -> str:
    """Spell arguments as templates do."""
    return json.dumps(json.loads(arguments), ensure_ascii=False)


def tagged(message: Message) -> list[str]:
    return [
        f'<tool_call>\n{{"name": "{call.name}", "arguments": {spelled(call.arguments)}}}\n</tool_call>'
        for call in message.tool_calls
    ]


def in_qwen2_5(message: Message) -> str:
    text = [message.text or ""] if message.text or not message.tool_calls else []
    return "".join(f"\n{part}" for part in [*text, *tagged(message)]) + "<|im_end|>\n"


def in_qwen3(message: Message) -> str:
    thought = f"<think>\n{(message.reasoning or '').strip(chr(10))}\n</think>\n\n"
    return thought + in_hermes(message, (message.text or "").lstrip("\n"))


def in_hermes(message: Message, text: str | None = None) -> str:
    said = message.text if text is None else text
    return "\n".join([*([said] if said else []), *tagged(message)]) + "<|im_end|>\n"


def in_llama(message: Message) -> str:
    if not message.tool_calls:
        return (message.text or "").strip() + "<|eot_id|>"
    (call,) = message.tool_calls
    return f'{{"name": "{call.name}", "parameters": {spelled(call.arguments)}}}<|eot_id|>'


MEANT: dict[str, Callable[[Message], str]] = {
    "qwen2_5": in_qwen2_5,
    "qwen3": in_qwen3,
    "llama": in_llama,
    "hermes": in_hermes,
}
"""What should be trained of one message, by the template's name."""


@cache
def template(name: str, *, is_marked: bool) -> str:
    """Give a template, with marks around the assistant's words where TRL has no variant with marks of its own."""
    import trl

    folder = Path(trl.__file__).parent / "chat_templates"
    if name.startswith("qwen"):
        return (folder / f"{name}.jinja").read_text(encoding="utf-8")
    source = HERMES if name == "hermes" else LLAMA_OPTIONS + (folder / "llama3_1.jinja").read_text()
    for plain, marked in MARKED[name] if is_marked else ():
        assert source.count(plain) == 1
        source = source.replace(plain, marked)
    return source


@pytest.fixture(scope="module")
def examples() -> list[TrainingExample]:
    return whole_examples(pick_trajectories())


@pytest.fixture(scope="module")
def words(examples: Sequence[TrainingExample]) -> Any:
    return build_tokenizer([one.text or "" for example in examples for one in example.messages])


def with_template(words: Any, name: str, *, is_marked: bool) -> Any:
    words.chat_template = template(name, is_marked=is_marked)
    words.add_tokens(["<|eot_id|>"], special_tokens=True)
    words.eos_token = "<|eot_id|>" if name == "llama" else "<|im_end|>"
    words.bos_token = "<|endoftext|>"
    return words


def loaded(name: str, examples: Sequence[Example], folder: Path, *, is_streamed: bool = False) -> Any:
    """Write a folder as an export has it, and load it as a user does."""
    import datasets

    form = TRAINING_FORMATS[name]()
    rows = [row for example in examples for row in form.write(example).rows]
    (folder / "data").mkdir()
    assert form.arrow_schema is not None
    pq.write_table(arrow_rows(rows, form.arrow_schema), folder / "data" / "train-00000.parquet")
    return datasets.load_dataset(
        str(folder / "data"), split="train", cache_dir=str(folder / "cache"), streaming=is_streamed
    )


def fits(messages: Sequence[Message], name: str) -> bool:
    """Tell whether the template takes the messages: Llama's refuses calls in parallel."""
    return name != "llama" or all(len(message.tool_calls) < 2 for message in messages)


@pytest.mark.parametrize("name", MEANT)
def test_sft_trainer_trains_each_call_as_the_template_means_it(
    name: str, examples: list[TrainingExample], words: Any, tmp_path: Path
) -> None:
    fitting = [example for example in examples if fits(example.messages, name)]
    assert len(fitting) >= 8
    tokenizer = with_template(words, name, is_marked=True)
    trained = tokenise(loaded("trl_sft", fitting, tmp_path), tokenizer, tmp_path / "run")
    for row, example in zip(trained, fitting, strict=True):
        meant = [MEANT[name](one) for one in example.messages if one.role is Role.ASSISTANT]
        assert trained_texts(row, tokenizer) == meant


@pytest.mark.parametrize("name", MEANT)
def test_dpo_trainer_compares_each_call_as_the_template_means_it(
    name: str, examples: list[TrainingExample], words: Any, tmp_path: Path
) -> None:
    from trl import DPOConfig, DPOTrainer

    pairs = step_pairs([one.trajectory for one in examples])
    fitting = [pair for pair in pairs if fits((*pair.chosen, *pair.rejected), name)]
    assert any(pair.chosen[0].tool_calls for pair in fitting)
    tokenizer = with_template(words, name, is_marked=False)
    trainer = DPOTrainer(
        model=tiny_model(tokenizer),
        ref_model=tiny_model(tokenizer),
        args=DPOConfig(output_dir=str(tmp_path), use_cpu=True, bf16=False, max_length=None, report_to=[]),
        train_dataset=loaded("trl_dpo", fitting, tmp_path),
        processing_class=tokenizer,
    )
    for row, pair in zip(trainer.train_dataset, fitting, strict=True):
        for side, (message,) in (("chosen_ids", pair.chosen), ("rejected_ids", pair.rejected)):
            assert MEANT[name](message).strip() in tokenizer.decode(row[side])


def test_streamed_rows_are_those_of_the_whole(examples: list[TrainingExample], tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    whole = list(loaded("trl_sft", examples, tmp_path))
    assert list(loaded("trl_sft", examples, tmp_path / "s", is_streamed=True)) == whole
    assert len(whole) == len(examples)


def test_token_rows_and_trl_spell_the_same_arguments(
    examples: list[TrainingExample], words: Any, tmp_path: Path
) -> None:
    tokenizer = with_template(words, "hermes", is_marked=True)
    renderer = TokenRenderer(tokenizer)
    for row, example in zip(loaded("trl_sft", examples, tmp_path), examples, strict=True):
        tools = example.trajectory.toolset
        text = renderer.render_text(example.messages, None if tools is None else tools.tools)
        schemas = None if row["tools"] is None else json.loads(row["tools"])
        assert tokenizer.apply_chat_template(row["messages"], tools=schemas, tokenize=False) == text
