"""Load the exports with the trainer's own code, decode what it would train, and compare with what was meant."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from msgspec.structs import replace

from schemas.training import (
    TRAINING_FORMATS,
    Label,
    TaskExample,
    TrainingExample,
    arrow_rows,
    encode_jsonl,
    prompt_messages,
)
from schemas.trajectory import Message, Toolset
from tests.tiny_model import build_tokenizer, tokenise, trained_texts

pytestmark = pytest.mark.slow

TOOLS = '[{"type": "function", "function": {"name": "think", "parameters": {"type": "object", "properties": {}}}}]'


@pytest.fixture
def examples(airline_examples: list[TrainingExample]) -> list[TrainingExample]:
    """Give short real rollouts, one of them with tool schemas and reasoning, which tau-bench lacks."""
    short = sorted(airline_examples, key=lambda example: len(example.trajectory.messages))[:5]
    thoughtful = short[0].trajectory
    messages = tuple(
        replace(message, reasoning="Let me see.") if message.seq in short[0].labels else message
        for message in thoughtful.messages
    )
    told = replace(thoughtful, messages=messages, toolset=Toolset(tools=TOOLS))
    return [TrainingExample(trajectory=told, labels=short[0].labels), *short[1:]]


def write_export(name: str, examples: Sequence[TrainingExample | TaskExample], folder: Path) -> Path:
    training_format = TRAINING_FORMATS[name]()
    rows = [row for example in examples for row in training_format.rows(example)]
    path = folder / f"{name}.{training_format.suffix}"
    if training_format.arrow_schema is None:
        path.write_bytes(b"".join(map(encode_jsonl, rows)))
    else:
        pq.write_table(arrow_rows(rows, training_format.arrow_schema), path)
    return path


def load(path: Path, tmp_path: Path) -> Any:
    import datasets

    kind = "parquet" if path.suffix == ".parquet" else "json"
    return datasets.load_dataset(kind, data_files=str(path), split="train", cache_dir=str(tmp_path / "cache"))


def spelled(arguments: str) -> str:
    """Spell arguments as chat templates do."""
    return json.dumps(json.loads(arguments), ensure_ascii=False)


def meant_text(message: Message) -> str:
    """Write what should be trained of one message, in Qwen3's notation."""
    content = (message.text or "").lstrip("\n")
    parts = [content] if content else []
    parts += [
        f'<tool_call>\n{{"name": "{call.name}", "arguments": {spelled(call.arguments)}}}\n</tool_call>'
        for call in message.tool_calls
    ]
    return f"<think>\n{message.reasoning or ''}\n</think>\n\n" + "\n".join(parts) + "<|im_end|>\n"


# trl 1.16 sets transformers' old name of the option by default
@pytest.mark.filterwarnings("ignore:`gradient_checkpointing` is deprecated:FutureWarning")
def test_sft_trainer_trains_exactly_the_sampled_words(
    examples: list[TrainingExample], tmp_path: Path
) -> None:
    dataset = load(write_export("trl_sft", examples, tmp_path), tmp_path)
    texts = [text for example in examples for message in example.messages if (text := message.text)]
    tokenizer = build_tokenizer(texts)

    trained = tokenise(dataset, tokenizer, tmp_path / "run")

    assert len(trained) == len(examples)
    for row, example in zip(trained, examples, strict=True):
        meant = [meant_text(message) for message in example.messages if example.label(message).is_trained]
        assert trained_texts(row, tokenizer) == meant
        assert len(meant) == len(example.labels)


def test_datasets_reads_sft_rows_without_changing_an_argument(
    airline_examples: list[TrainingExample], tmp_path: Path
) -> None:
    dataset = load(write_export("trl_sft", airline_examples, tmp_path), tmp_path)
    read = [
        call["function"]["arguments"]
        for row in dataset
        for m in row["messages"]
        for call in m.get("tool_calls", [])
    ]
    meant = [call.arguments for e in airline_examples for m in e.messages for call in m.tool_calls]
    assert [json.dumps(arguments) for arguments in read] == [json.dumps(json.loads(one)) for one in meant]


def test_datasets_reads_tasks(airline_examples: list[TrainingExample], tmp_path: Path) -> None:
    tasks = [
        TaskExample(
            task=example.trajectory.task,
            prompt=prompt_messages(example.trajectory),
            figures={"trial_count": 4, "pass_rate": 0.5, "reward_mean": None},
        )
        for example in airline_examples[:50]
    ]
    dataset = load(write_export("trl_grpo", tasks, tmp_path), tmp_path)

    assert dataset.column_names == TRAINING_FORMATS["trl_grpo"]().arrow_schema.names  # type: ignore[union-attr]
    assert [[m["role"] for m in row["prompt"]] for row in dataset] == [["system", "user"]] * 50
    assert dataset[0]["pass_rate"] == 0.5
    assert dataset[0]["reward_mean"] is None


def test_datasets_reads_json_lines(airline_examples: list[TrainingExample], tmp_path: Path) -> None:
    masked = TrainingExample(
        trajectory=airline_examples[0].trajectory,
        labels=dict(list(airline_examples[0].labels.items())[1:]) | {2: Label(is_trained=False, weight=0.0)},
    )
    path = write_export("openai_chat", [masked, *airline_examples[1:]], tmp_path)
    dataset = load(path, tmp_path)
    assert len(dataset) == 200
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert [len(row["messages"]) for row in dataset] == [len(line["messages"]) for line in lines]
