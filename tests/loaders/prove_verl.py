"""verl: `MultiTurnSFTDataset` through the class beside the export, and `RLHFDataset`."""

import json
import sys
from pathlib import Path
from typing import Any

# a script, run by the trainer's Python: its folder is on the path, ours is not
from proof import Proof, compare_calls, finish, load, read_lines, read_tokenizer, token_bytes  # type: ignore[import-not-found]

TEMPLATES = ("qwen3", "qwen3_instruct", "llama", "hermes")


def main(folder: Path) -> None:
    proofs = [prove_sft(folder / export, template) for export in ("all", "masked") for template in TEMPLATES]
    tokens = [prove_tokens(folder / f"tokens-{template}", template) for template in TEMPLATES]
    finish([*proofs, *tokens, prove_rl(folder / "tasks"), show_padding(folder / "all")])


def prove_sft(export: Path, template: str) -> Proof:
    proof = Proof(f"verl sft, {export.name}, {template}")
    tokenizer = read_tokenizer(export.parent, template)
    dataset_class = load("verl.utils.import_utils:load_extern_type")(
        str(export / "winnow_verl.py"), "WinnowDataset"
    )
    settings = load("omegaconf:OmegaConf").create({"max_length": 10**6, "pad_mode": "no_padding"})
    dataset = dataset_class(
        parquet_files=[str(export / "train-00000.parquet")], tokenizer=tokenizer, config=settings
    )
    for at, expected in enumerate(read_lines(export / "expected.jsonl")):
        compare(proof, dataset, at, expected, tokenizer=tokenizer, template=template)
    return proof


def compare(
    proof: Proof, dataset: Any, at: int, expected: dict[str, Any], *, tokenizer: Any, template: str
) -> None:
    turns = expected["parsed_turns"][template]
    if turns is None:
        proof.counts["refused by the template"] += 1
        return
    try:
        item = dataset[at]
    except AssertionError:
        proof.counts["refused by verl's check"] += 1
        return
    pieces = token_bytes(tokenizer, item["input_ids"].tolist())
    is_trained = [bool(flag) for flag in item["loss_mask"].tolist()]
    proof.compare(pieces, is_trained, template=template, turns=turns, trained=expected["trained"])
    compare_calls(proof, turns, expected["messages"])


def prove_tokens(export: Path, template: str) -> Proof:
    proof = Proof(f"verl tokens, masked, {template}")
    tokenizer = read_tokenizer(export.parent, template)
    place = str(export / "winnow_verl_tokens.py")
    dataset_class = load("verl.utils.import_utils:load_extern_type")(place, "WinnowTokens")
    settings = load("omegaconf:OmegaConf").create({"max_length": 10**6, "pad_mode": "no_padding"})
    dataset = dataset_class(
        parquet_files=[str(export / "train-00000.parquet")], tokenizer=tokenizer, config=settings
    )
    expected = read_lines(export / "expected.jsonl")
    proof.check("complete", holds=len(dataset) == len(expected))
    for at, meant in enumerate(expected):
        item, turns = dataset[at], meant["turns"][template]
        is_trained = [bool(flag) for flag in item["loss_mask"].tolist()]
        pieces = token_bytes(tokenizer, item["input_ids"].tolist())
        proof.compare(pieces, is_trained, template=template, turns=turns, trained=meant["trained"])
        compare_calls(proof, turns, meant["messages"])
    return proof


def prove_rl(export: Path) -> Proof:
    proof = Proof("verl rl")
    tokenizer = read_tokenizer(export.parent, "qwen3")
    settings = load("omegaconf:OmegaConf").create(
        {"max_prompt_length": 10**6, "cache_dir": str(export / "cache"), "filter_overlong_prompts_workers": 1}
    )
    dataset = load("verl.utils.dataset.rl_dataset:RLHFDataset")(
        str(export / "train-00000.parquet"), tokenizer, settings
    )
    for at, expected in enumerate(read_lines(export / "expected.jsonl")):
        row = dataset[at]
        said = [{"role": m["role"], "content": m["content"]} for m in expected["context"]]
        proof.check("prompts", holds=row["raw_prompt"] == said)
        proof.check("tools", holds=json.loads(row["extra_info"]["tools"]) == expected["tools"])
        proof.check("task keys", holds=row["reward_model"]["ground_truth"] == expected["task_key"])
    proof.check("rows", holds=len(dataset) == len(read_lines(export / "expected.jsonl")))
    return proof


def show_padding(export: Path) -> Proof:
    """Show why tools are a string: as native structs, which plain verl wants, Parquet pads them with nulls."""
    proof = Proof("failure shown: native structs in Parquet are padded")
    pyarrow = load("pyarrow:Table")
    tools = read_lines(export / "expected.jsonl")[0]["tools"]
    read = pyarrow.from_pylist([{"tools": tools}]).to_pylist()[0]["tools"]
    proof.check("native tools come back changed", holds=read != tools and "None" in str(read))
    return proof


if __name__ == "__main__":
    main(Path(sys.argv[1]))
