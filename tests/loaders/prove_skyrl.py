"""SkyRL: its own SFT tokenisation and its prompt dataset, from the whole package on the index.

Under Python 3.11 `skyrl.tinker.types` wants `TypedDict` of `typing_extensions`, and with `typing`'s the import of the
trainer fails; the swap below is made before anything of SkyRL is imported. Nothing else is changed.
"""

import json
import sys
import typing
from pathlib import Path
from typing import Any

import typing_extensions

# a script, run by the trainer's Python: its folder is on the path, ours is not
from proof import Proof, compare_calls, finish, load, read_lines, read_tokenizer, token_bytes  # type: ignore[import-not-found]

TEMPLATES = ("qwen3", "qwen3_instruct", "llama", "hermes")
TRAINERS = "skyrl.train.sft_trainer"


def main(folder: Path) -> None:
    setattr(typing, "TypedDict", typing_extensions.TypedDict)  # noqa: B010
    whole = [prove(folder / "all", template, "all_assistant_messages") for template in TEMPLATES]
    split = [prove(folder / "split", template, "last_assistant_message") for template in TEMPLATES]
    finish([*whole, *split, prove_tasks(folder / "tasks"), show_lost_turns(folder / "all")])


def prove(export: Path, template: str, train_on_what: str) -> Proof:
    proof = Proof(f"skyrl sft, {export.name}, {template}")
    tokenizer = read_tokenizer(export.parent, template)
    for row, expected in zip(read_rows(export), read_lines(export / "expected.jsonl"), strict=True):
        turns = expected[kind_of_turns(export, template)][template]
        if turns is None:
            proof.counts["refused by the template"] += 1
            continue
        item = tokenise(row, tokenizer, train_on_what)
        context = len(item["input_ids"]) - item["num_actions"]
        proof.compare(
            token_bytes(tokenizer, item["input_ids"]),
            [False] * context + [flag == 1 for flag in item["loss_mask"]],
            template=template,
            turns=turns,
            trained=expected["trained"],
        )
        compare_calls(proof, turns, expected["messages"])
    return proof


def kind_of_turns(export: Path, template: str) -> str:
    """Tell what to expect: where all turns are trained each is rendered by itself, with Qwen3's think block."""
    return "parsed_last_turns" if (export.name, template) == ("all", "qwen3") else "parsed_turns"


def tokenise(row: dict[str, Any], tokenizer: Any, train_on_what: str) -> dict[str, Any]:
    what = load(f"{TRAINERS}:TrainOnWhat")(train_on_what)
    item: dict[str, Any] = load(f"{TRAINERS}:tokenize_chat_example")(row, tokenizer, train_on_what=what)
    return item


def read_rows(export: Path) -> Any:
    files = {"data_files": str(export / "train-00000.parquet"), "split": "train"}
    return load("datasets:load_dataset")("parquet", cache_dir=str(export / "cache"), **files)


def prove_tasks(export: Path) -> Proof:
    proof = Proof("skyrl rl")
    expected = read_lines(export / "expected.jsonl")
    tokenizer = read_tokenizer(export.parent, "qwen3")
    dataset = load("skyrl.train.dataset.dataset:PromptDataset")(
        str(export / "train-00000.parquet"), tokenizer, 10**6, num_workers=1
    )
    proof.check("complete", holds=len(dataset) == len(expected))
    for at, meant in enumerate(expected):
        prompt, environment, extras, _ = dataset[at]
        said = [{"role": message["role"], "content": message["content"]} for message in meant["context"]]
        proof.check("prompts", holds=prompt == said)
        proof.check("environments", holds=environment == "winnow")
        proof.check("tools", holds=json.loads(extras["tools"]) == meant["tools"])
        proof.check("task keys", holds=extras["task_key"] == meant["task_key"])
    return proof


def show_lost_turns(export: Path) -> Proof:
    """Show that whole rows train their last turn only where `train_on_what` is left as it is."""
    proof = Proof("failure shown: by default whole rows train their last turn only")
    found = prove(export, "hermes", "last_assistant_message").counts
    proof.check("others are lost", holds=0 < found["as intended"] < found["intended"])
    proof.counts["meant"], proof.counts["trained"] = found["intended"], found["as intended"]
    return proof


if __name__ == "__main__":
    main(Path(sys.argv[1]))
