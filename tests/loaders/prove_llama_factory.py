"""LLaMA-Factory: `get_dataset` for the stages sft, dpo and kto, over the `dataset_info.json` of the export."""

import json
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

# a script, run by the trainer's Python: its folder is on the path, ours is not
from proof import Proof, compare_calls, finish, load, own_turn, read_lines, read_tokenizer, token_bytes  # type: ignore[import-not-found]

TEMPLATES = {"qwen3": "qwen3", "qwen3_instruct": "qwen3_nothink", "llama": "llama3", "hermes": "qwen"}
"""Its own template for each of ours."""
ARGUMENTS = '{"cmd": "ls"}'
EMPTY_THOUGHT = "<think>\n\n</think>\n\n"


def main(folder: Path) -> None:
    stub = ModuleType("torchaudio")
    stub.__spec__ = ModuleSpec("torchaudio", None)
    sys.modules["torchaudio"] = stub
    sft = [prove_sft(folder / export, template) for export in ("all", "split") for template in TEMPLATES]
    pairs = [prove_pairs(folder / "pairs", template) for template in TEMPLATES]
    samples = [prove_samples(folder / "samples", template) for template in TEMPLATES]
    finish([*sft, *pairs, *samples, *show_failures(folder)])


def read_dataset(
    export: Path, tokenizer: Any, template: str, *, stage: str = "sft", name: str = "", **options: Any
) -> Any:
    hparams = "llamafactory.hparams:"
    name = name or next(iter(json.loads((export / "dataset_info.json").read_text(encoding="utf-8"))))
    data = load(hparams + "DataArguments")(
        template=TEMPLATES[template],
        dataset=name,
        dataset_dir=str(export),
        cutoff_len=10**6,
        overwrite_cache=True,
        **options,
    )
    training = load("transformers:Seq2SeqTrainingArguments")(
        output_dir=str(export / "run"), do_train=True, use_cpu=True, report_to=[]
    )
    chat = load("llamafactory.data:get_template_and_fix_tokenizer")(tokenizer, data)
    model = load(hparams + "ModelArguments")(model_name_or_path="tiny", cache_dir=str(export / "cache"))
    return load("llamafactory.data:get_dataset")(chat, model, data, training, stage, tokenizer)[
        "train_dataset"
    ]


def prove_sft(export: Path, template: str) -> Proof:
    proof = Proof(f"llama-factory sft, {export.name}, {template}")
    tokenizer = read_tokenizer(export.parent, template)
    dataset = read_dataset(export, tokenizer, template, mask_history=export.name == "split")
    expected = read_lines(export / "expected.jsonl")
    proof.check("complete", holds=len(dataset) == len(expected))
    for row, meant in zip(dataset, expected, strict=True):
        spoken = [message for message in meant["messages"] if message["role"] == "assistant"]
        turns = [turn_text(message, template) for message in spoken]
        trained = [export.name != "split" or message is spoken[-1] for message in spoken]
        is_trained = [label != -100 for label in row["labels"]]
        proof.compare(
            token_bytes(tokenizer, row["input_ids"]),
            is_trained,
            template=template,
            turns=turns,
            trained=trained,
        )
        compare_calls(proof, turns, meant["messages"])
    return proof


def turn_text(message: dict[str, Any], template: str) -> str:
    """Write a turn as its templates do: `qwen3` thinks in every turn, with nothing if need be."""
    thinks = template == "qwen3" and message.get("reasoning_content") is None
    said: str = own_turn(message, template, is_listed=True)
    return EMPTY_THOUGHT + said if thinks else said


def prove_pairs(export: Path, template: str) -> Proof:
    proof = Proof(f"llama-factory dpo, {template}")
    tokenizer = read_tokenizer(export.parent, template)
    dataset = read_dataset(export, tokenizer, template, stage="rm")
    for row, meant in zip(dataset, read_lines(export / "expected.jsonl"), strict=True):
        for side in ("chosen", "rejected"):
            said = _trained(tokenizer, row[f"{side}_input_ids"], row[f"{side}_labels"])
            (message,) = meant[side]
            proof.check(side, holds=_without_thought(said) == _without_thought(turn_text(message, template)))
    return proof


def prove_samples(export: Path, template: str) -> Proof:
    proof = Proof(f"llama-factory kto, {template}")
    tokenizer = read_tokenizer(export.parent, template)
    dataset = read_dataset(export, tokenizer, template, stage="kto")
    for row, meant in zip(dataset, read_lines(export / "expected.jsonl"), strict=True):
        said = _trained(tokenizer, row["input_ids"], row["labels"])
        (message,) = meant["completion"]
        proof.check("samples", holds=_without_thought(said) == _without_thought(turn_text(message, template)))
        proof.check("labels", holds=row["kto_tags"] == meant["is_good"])
    return proof


def _trained(tokenizer: Any, ids: list[int], labels: list[int]) -> str:
    pieces = token_bytes(tokenizer, ids)
    trained = [piece for piece, label in zip(pieces, labels, strict=True) if label != -100]
    return b"".join(trained).decode().removesuffix("\n")


def _without_thought(turn: str) -> str:
    return turn.removeprefix(EMPTY_THOUGHT)


def show_failures(folder: Path) -> list[Proof]:
    """Show what its `openai` form makes of arguments, and what becomes of turns that do not alternate."""
    export, tokenizer = folder / "failures", read_tokenizer(folder, "hermes")
    write_failures(export)
    (row,) = read_dataset(export, tokenizer, "hermes", name="openai")
    text = _trained(tokenizer, row["input_ids"], row["labels"])
    encoded = Proof(
        "failure shown: its openai form encodes arguments twice, drops text and reasoning beside a call"
    )
    encoded.check("twice encoded", holds=json.dumps(ARGUMENTS) in text)
    encoded.check("text gone", holds="I look." not in text and "Hm." not in text)
    emptied = Proof("failure shown: turns that do not alternate vanish")
    emptied.check("vanished", holds=len(read_dataset(export, tokenizer, "hermes", name="turns")) == 1)
    return [encoded, emptied]


def write_failures(export: Path) -> None:
    """Write a row for its `openai` form, and two of which one has two user turns on end."""
    call = {"type": "function", "function": {"name": "run", "arguments": ARGUMENTS}}
    said = {"role": "assistant", "content": "I look.", "reasoning_content": "Hm.", "tool_calls": [call]}
    human, gpt = {"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}
    lines: dict[str, list[dict[str, Any]]] = {
        "openai": [{"messages": [{"role": "user", "content": "Hi"}, said]}],
        "turns": [{"conversations": [human, human, gpt]}, {"conversations": [human, gpt]}],
    }
    tags = {f"{role}_tag": role for role in ("user", "assistant", "system", "role", "content")}
    tags |= {"observation_tag": "tool", "function_tag": "function_call"}
    info: dict[str, dict[str, Any]] = {
        "openai": {"formatting": "openai", "columns": {"messages": "messages"}, "tags": tags},
        "turns": {"formatting": "sharegpt", "columns": {"messages": "conversations"}},
    }
    export.mkdir(exist_ok=True)
    for name, rows in lines.items():
        info[name]["file_name"] = f"{name}.jsonl"
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (export / f"{name}.jsonl").write_text(text, encoding="utf-8")
    (export / "dataset_info.json").write_text(json.dumps(info), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
