"""Axolotl: `ChatTemplateStrategy` with the settings that the export brings along."""

import sys
from pathlib import Path
from typing import Any

# a script, run by the trainer's Python: its folder is on the path, ours is not
from proof import Proof, compare_calls, finish, load, read_lines, read_tokenizer, token_bytes  # type: ignore[import-not-found]

TEMPLATES = ("qwen3", "qwen3_instruct", "llama", "hermes")
LENGTH = 10**6


def main(folder: Path) -> None:
    proofs = [
        prove(folder / export, template) for export in ("all", "masked", "spans") for template in TEMPLATES
    ]
    finish([*proofs, show_ignored_masks(folder / "masked")])


def prove(export: Path, template: str, *, unset: str = "") -> Proof:
    proof = Proof(f"axolotl, {export.name}, {template}")
    tokenizer = read_tokenizer(export.parent, template)
    strategy = load_strategy(tokenizer, read_settings(export) | ({unset: None} if unset else {}))
    for row, expected in zip(read_rows(export), read_lines(export / "expected.jsonl"), strict=True):
        turns = expected["parsed_turns"][template]
        if turns is None:
            proof.counts["refused by the template"] += 1
            continue
        tokenised = strategy.tokenize_prompt(row)
        pieces = token_bytes(tokenizer, tokenised["input_ids"])
        is_trained = [label != -100 for label in tokenised["labels"]]
        spoken = [message for message in expected["messages"] if message["role"] == "assistant"]
        hidden = [message.get("untrained", ()) for message in spoken]
        proof.compare(
            pieces,
            is_trained,
            template=template,
            turns=turns,
            trained=expected["trained"],
            hidden=hidden,
            tags=False,
        )
        compare_calls(proof, turns, expected["messages"])
    return proof


def show_ignored_masks(export: Path) -> Proof:
    """Show that masks are ignored where the settings do not name them."""
    proof = Proof("failure shown: without message_field_training the masks are ignored")
    unnamed = prove(export, "hermes", unset="message_field_training")
    proof.check("context is trained", holds=unnamed.counts["not intended"] > 0)
    return proof


def read_settings(export: Path) -> dict[str, Any]:
    (settings,) = load("yaml:safe_load")((export / "axolotl.yaml").read_text(encoding="utf-8"))["datasets"]
    return dict(settings)


def read_rows(export: Path) -> Any:
    kinds = {
        "data_files": str(export / "train-00000.parquet"),
        "split": "train",
        "cache_dir": str(export / "cache"),
    }
    return load("datasets:load_dataset")("parquet", **kinds)


def load_strategy(tokenizer: Any, settings: dict[str, Any]) -> Any:
    """Build the strategy as Axolotl does from its configuration."""
    known = {"train_on_inputs": False, "sequence_len": LENGTH}
    config = load("axolotl.utils.dict:DictDefault")(known)
    return load("axolotl.prompt_strategies.chat_template:load")(tokenizer, config, ds_cfg=settings)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
