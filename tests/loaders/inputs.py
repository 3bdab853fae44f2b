"""The folders that the proofs read: exports as we write them, and beside them what each row should train."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jinja2

from flows.datasets.files import SplitFiles, names_by_split
from flows.training_sets import training_format
from schemas.training import PairExample, SampleExample, TrainingExample, Unsupported
from schemas.trajectory import Message, Role, Trajectory
from tests.loaders.examples import TRAINED
from tests.loaders.proof import find_turns
from tests.loaders.templates import STRING_ARGUMENTS, build_tokenizers

Row = dict[str, Any]


def write_export(folder: Path, name: str, examples: Sequence[Any], *, title: str, **parameters: Any) -> Path:
    """Export examples as `flows.export` does, and write beside them what each row should train.

    Args:
        folder: where to write.
        name: the format.
        examples: what to export; those that the format refuses are left out.
        title: name of the export's folder.
        parameters: of the format.

    Returns:
        The export's folder: data, side files, `expected.jsonl`.
    """
    out = folder / title
    out.mkdir(parents=True)
    form = training_format(name, {"unsupported": "drop"} | parameters)
    writer = SplitFiles(out, "train", form, finish_rows=lambda rows: rows)
    expected: list[Row] = []
    for example in examples:
        written = form.write(example)
        for at, row in enumerate(written.rows):
            writer.write(row)
            is_step = form.unsupported is Unsupported.SPLIT or name == "openrlhf_sft"
            expected.append(_expected(example, at, is_step=is_step))
    for file_name, content in form.side_files(title, names_by_split(writer.finish())).items():
        (out / file_name).write_bytes(content)
    (out / "expected.jsonl").write_text("".join(json.dumps(row) + "\n" for row in expected), encoding="utf-8")
    return out


def _expected(example: Any, at: int, *, is_step: bool) -> Row:
    if isinstance(example, TrainingExample):
        if is_step:
            trained = [m.seq for m in example.messages if example.label(m).is_trained]
            example = replace(example, labels={trained[at]: TRAINED})
        trajectory = example.trajectory
        spoken = [message for message in example.messages if message.role is Role.ASSISTANT]
        return {
            "trajectory_id": trajectory.trajectory_id,
            "messages": [_plain(message) | _untrained(message, example) for message in example.messages],
            "tools": None if trajectory.toolset is None else json.loads(trajectory.toolset.tools),
            "trained": [example.label(message).is_trained for message in spoken],
        }
    if isinstance(example, PairExample):
        sides = {"context": example.context, "chosen": example.chosen, "rejected": example.rejected}
    elif isinstance(example, SampleExample):
        sides = {"context": example.context, "completion": example.completion}
    else:
        sides = {"context": example.prompt}
    told = {side: [_plain(message) for message in messages] for side, messages in sides.items()}
    label = example.is_good if isinstance(example, SampleExample) else None
    tools = None if example.toolset is None else json.loads(example.toolset.tools)
    return told | {"task_key": example.task.task_key, "is_good": label, "tools": tools}


def _untrained(message: Message, example: TrainingExample) -> Row:
    spans = example.label(message).spans
    return {"untrained": [(message.text or "")[span.begin : span.end] for span in spans]} if spans else {}


def _plain(message: Message) -> Row:
    """Write a message for a chat template; only keys that say something."""
    written: Row = {"role": message.role.value, "content": message.text or ""}
    if message.reasoning is not None:
        written["reasoning_content"] = message.reasoning
    if message.tool_calls:
        written["tool_calls"] = [
            {"type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    return written


def write_tokenizers(folder: Path, trajectories: Sequence[Trajectory]) -> dict[str, Any]:
    """Train tokenizers on the trajectories' own texts and save them."""
    texts = [text for one in trajectories for message in one.messages if (text := message.text)]
    tokenizers = build_tokenizers(texts)
    for name, tokenizer in tokenizers.items():
        tokenizer.save_pretrained(str(folder / "tokenizers" / name))
    return tokenizers


def add_turns(export: Path, tokenizers: dict[str, Any]) -> None:
    """Add to `expected.jsonl` what each turn of the assistant should say in each template.

    `turns` has arguments as the policy spelled them where the template takes a string, `parsed_turns` always as the
    template spells the object, and `last_turns` each turn as if it were the last, as the policy once wrote it.
    """
    rows = [json.loads(line) for line in (export / "expected.jsonl").read_text(encoding="utf-8").splitlines()]
    for row in rows:
        row |= {"turns": {}, "parsed_turns": {}, "last_turns": {}, "parsed_last_turns": {}}
        parsed = [_parsed(message) for message in row["messages"]]
        for name, tokenizer in tokenizers.items():
            messages = row["messages"] if name in STRING_ARGUMENTS else parsed
            row["turns"][name] = _turns(tokenizer, name, messages, row["tools"])
            row["parsed_turns"][name] = _turns(tokenizer, name, parsed, row["tools"])
            row["last_turns"][name] = _last_turns(tokenizer, name, messages)
            row["parsed_last_turns"][name] = _last_turns(tokenizer, name, parsed)
    (export / "expected.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def _turns(tokenizer: Any, name: str, messages: Sequence[Row], tools: Any) -> list[str] | None:
    """Render and cut; null when the template refuses (Llama's refuses calls in parallel)."""
    try:
        text = tokenizer.apply_chat_template(messages, tools=tools, tokenize=False).encode()
    except jinja2.TemplateError:
        return None
    return [text[begin:end].decode() for begin, end in find_turns(text, name)]


def _last_turns(tokenizer: Any, name: str, messages: Sequence[Row]) -> list[str] | None:
    user = {"role": "user", "content": "?"}
    cut = [
        _turns(tokenizer, name, [user, message], None)
        for message in messages
        if message["role"] == "assistant"
    ]
    return None if None in cut else [turn for turns in cut for turn in turns or ()]


def _parsed(message: Row) -> Row:
    if "tool_calls" not in message:
        return message
    calls = [
        call | {"function": call["function"] | {"arguments": json.loads(call["function"]["arguments"])}}
        for call in message["tool_calls"]
    ]
    return message | {"tool_calls": calls}
