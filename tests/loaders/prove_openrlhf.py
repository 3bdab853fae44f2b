"""OpenRLHF: `SFTDataset` and `RewardDataset` over rendered strings, without its own chat template."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

# a script, run by the trainer's Python: its folder is on the path, ours is not
from proof import Proof, compare_calls, finish, load, read_lines, read_tokenizer, token_bytes  # type: ignore[import-not-found]

TEMPLATES = ("qwen3", "qwen3_instruct", "llama", "hermes")
LENGTH = 10**6


def main(folder: Path) -> None:
    sft = [prove_sft(folder / f"sft-{template}", template) for template in TEMPLATES]
    pairs = [prove_pairs(folder / f"pairs-{template}", template) for template in TEMPLATES]
    finish([*sft, *pairs, show_wrong_ranges(folder)])


def strategy(**keys: Any) -> Any:
    return SimpleNamespace(args=SimpleNamespace(data=SimpleNamespace(**keys)))


def read_dataset(export: Path) -> Any:
    place = {"data_files": str(export / "train-00000.jsonl"), "cache_dir": str(export / "cache")}
    return load("datasets:load_dataset")("json", split="train", **place)


def prove_sft(export: Path, template: str) -> Proof:
    proof = Proof(f"openrlhf sft, masked, {template}")
    tokenizer = read_tokenizer(export.parent, template)
    keys = strategy(input_key="input", output_key="output")
    dataset = load("openrlhf.datasets:SFTDataset")(
        read_dataset(export), tokenizer, LENGTH, keys, num_processors=1
    )
    expected = read_lines(export / "expected.jsonl")
    proof.check("complete", holds=len(dataset) == len(expected))
    for at, meant in enumerate(expected):
        ids, _, mask = dataset[at]
        # the mask stands at the token that predicts, one before the token that is trained
        is_trained = [False, *(flag == 1 for flag in mask[0].tolist()[:-1])]
        turns = meant["turns"][template]
        pieces = token_bytes(tokenizer, ids[0].tolist())
        proof.compare(pieces, is_trained, template=template, turns=turns, trained=meant["trained"])
        compare_calls(proof, turns[-1:], meant["messages"][-1:])
    return proof


def prove_pairs(export: Path, template: str) -> Proof:
    proof = Proof(f"openrlhf preference, {template}")
    tokenizer = read_tokenizer(export.parent, template)
    keys = strategy(prompt_key="prompt", chosen_key="chosen", rejected_key="rejected")
    rows = read_dataset(export)
    dataset = load("openrlhf.datasets:RewardDataset")(
        rows, tokenizer, LENGTH, keys, is_dpo=True, num_processors=1
    )
    for at, row in enumerate(rows):
        chosen, _, rejected, _, prompt_length = dataset[at]
        for side, ids in (("chosen", chosen), ("rejected", rejected)):
            text = b"".join(token_bytes(tokenizer, ids[0].tolist()[prompt_length:])).decode()
            proof.check(side, holds=text == row[side])
    return proof


def show_wrong_ranges(folder: Path) -> Proof:
    """Show what its multi-turn mode trains with Qwen3's template."""
    proof = Proof("failure shown: multi-turn ranges are wrong with Qwen3's template")
    tokenizer = read_tokenizer(folder, "qwen3")
    call = {"type": "function", "function": {"name": "look", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "Where?"},
        {
            "role": "assistant",
            "content": "I look.",
            "reasoning_content": "It is far away.",
            "tool_calls": [call],
        },
        {"role": "tool", "content": "It is here."},
        {"role": "assistant", "content": "Here."},
        {"role": "user", "content": "And now?"},
        {"role": "assistant", "content": "Gone."},
    ]
    rows = load("datasets:Dataset").from_list([{"input": messages}])
    keys = strategy(input_key="input", output_key=None, apply_chat_template=True)
    dataset = load("openrlhf.datasets:SFTDataset")(
        rows, tokenizer, LENGTH, keys, num_processors=1, multiturn=True
    )
    ids, _, mask = dataset[0]
    pieces = token_bytes(tokenizer, ids[0].tolist())
    trained = b"".join(piece for piece, flag in zip(pieces[1:], mask[0].tolist(), strict=False) if flag == 1)
    proof.check("trains what the policy never wrote", holds=b"tool_response" in trained or b"user" in trained)
    return proof


if __name__ == "__main__":
    main(Path(sys.argv[1]))
