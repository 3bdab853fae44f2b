"""Axolotl: `ChatTemplateStrategy` with the settings that the export brings along, and its road for token rows."""

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
    tokens = [prove_tokens(folder / f"tokens-{template}", template) for template in TEMPLATES]
    spans = prove_tokens(folder / "tokens-spans", "qwen3")
    finish([*proofs, *tokens, spans, show_ignored_masks(folder / "masked")])


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
        proof.compare(
            pieces,
            is_trained,
            template=template,
            turns=turns,
            trained=expected["trained"],
            hidden=hidden_texts(expected),
            tags=False,
        )
        compare_calls(proof, turns, expected["messages"])
    return proof


def prove_tokens(export: Path, template: str) -> Proof:
    """Compare, token by token, what Axolotl's collator gives the model, in batches of three rows padded to one length."""
    proof = Proof(f"axolotl, {export.name}")
    tokenizer = read_tokenizer(export.parent, template)
    expected = read_lines(export / "expected.jsonl")
    dataset = load_token_rows(export, tokenizer)
    proof.check("complete", holds=len(dataset) == len(expected))
    collate = load("axolotl.utils.collators.batching:DataCollatorForSeq2Seq")(tokenizer)
    for begin in range(0, len(expected), 3):
        batch = collate([dataset[at] for at in range(begin, min(begin + 3, len(expected)))])
        for at, meant in enumerate(expected[begin : begin + 3]):
            is_real = batch["attention_mask"][at].bool()
            labels, turns = batch["labels"][at], meant["turns"][template]
            proof.check("padding untrained", holds=bool((labels[~is_real] == -100).all()))
            proof.compare(
                token_bytes(tokenizer, batch["input_ids"][at][is_real].tolist()),
                [label != -100 for label in labels[is_real].tolist()],
                template=template,
                turns=turns,
                trained=meant["trained"],
                hidden=hidden_texts(meant),
            )
            compare_calls(proof, turns, meant["messages"])
    return proof


def load_token_rows(export: Path, tokenizer: Any) -> Any:
    """Load rows as Axolotl does when `type` is empty: with all its filters, and packing switched on."""
    settings = {
        "sequence_len": LENGTH,
        "sample_packing": True,
        "seed": 1,
        "dataset_num_proc": 1,
        "dataset_prepared_path": str(export / "prepared"),
    }
    of_dataset = {"path": str(export / "train-00000.parquet"), "ds_type": "parquet", "split": "train"}
    as_dict = load("axolotl.utils.dict:DictDefault")
    load_rows = load("axolotl.utils.data.sft:_load_raw_datasets")
    dataset, _ = load_rows(as_dict(settings), [as_dict(of_dataset | {"type": None})], tokenizer, "train")
    # what the trainer leaves of a row: the inputs that a model knows by name
    return dataset.select_columns(["input_ids", "labels", "attention_mask", "position_ids"])


def hidden_texts(expected: dict[str, Any]) -> list[list[str]]:
    spoken = [message for message in expected["messages"] if message["role"] == "assistant"]
    return [message.get("untrained", []) for message in spoken]


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
