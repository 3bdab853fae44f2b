"""slime: `MultiTurnLossMaskGenerator`, as its SFT rollout calls it, over the lines as its reader reads them.

Its package as a whole wants ray, sglang and Megatron; the module of the masks wants a tokenizer.
"""

import json
import sys
from pathlib import Path

# a script, run by the trainer's Python: its folder is on the path, ours is not
from proof import Proof, compare_calls, finish, load, read_lines, read_tokenizer, token_bytes  # type: ignore[import-not-found]

TEMPLATES = {"qwen3": "qwen3", "qwen3_instruct": "qwen", "llama": "qwen", "hermes": "qwen"}
"""`--loss-mask-type` for each of our templates."""
TAKES_STRING = ("qwen3", "qwen3_instruct")


def main(folder: Path) -> None:
    strings = [prove(folder / export, template) for export in ("all", "masked") for template in TAKES_STRING]
    objects = [prove(folder / "objects", template) for template in TEMPLATES]
    finish([*strings, *objects, prove_tasks(folder / "tasks")])


def prove(export: Path, template: str) -> Proof:
    proof = Proof(f"slime sft, {export.name}, {template}")
    tokenizer = read_tokenizer(export.parent, template)
    generator = load("slime.utils.mask_utils:MultiTurnLossMaskGenerator")(tokenizer, TEMPLATES[template])
    for row, expected in zip(
        read_lines(export / "train-00000.jsonl"), read_lines(export / "expected.jsonl"), strict=True
    ):
        turns = expected[kind_of_turns(export, template)][template]
        if turns is None:
            proof.counts["refused by the template"] += 1
            continue
        ids, mask = generator.get_loss_mask(row["messages"], tools=row.get("tools"))
        proof.compare(
            token_bytes(tokenizer, ids),
            [flag == 1 for flag in mask],
            template=template,
            turns=turns,
            trained=expected["trained"],
        )
        compare_calls(proof, turns, expected["messages"])
    return proof


def kind_of_turns(export: Path, template: str) -> str:
    """Tell what to expect: each turn of Qwen3's template is rendered as the last, with its think block."""
    parsed = "parsed_" if export.name == "objects" else ""
    return f"{parsed}last_turns" if template == "qwen3" else f"{parsed}turns"


def prove_tasks(export: Path) -> Proof:
    proof = Proof("slime rl")
    tokenizer = read_tokenizer(export.parent, "qwen3")
    rows = read_lines(export / "train-00000.jsonl")
    for row, expected in zip(rows, read_lines(export / "expected.jsonl"), strict=True):
        prompt = tokenizer.apply_chat_template(
            row["prompt"], tools=row["tools"], tokenize=False, add_generation_prompt=True
        )
        proof.check("prompts", holds=all(message["content"] in prompt for message in expected["context"]))
        names = [tool.get("function", tool)["name"] for tool in expected["tools"]]
        proof.check(
            "tools",
            holds=row["tools"] == expected["tools"] and all(json.dumps(name) in prompt for name in names),
        )
        proof.check("task keys", holds=row["label"] == expected["task_key"])
    return proof


if __name__ == "__main__":
    main(Path(sys.argv[1]))
