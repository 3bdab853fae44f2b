"""prime-rl: `SFTDataset` over rows as `datasets` reads them, with the renderers from the index.

A renderer of one's own stands for Qwen3's and Llama's templates and tells what a model would sample; the default one, for
any other template, knows only whose message a token is in.
"""

import sys
from pathlib import Path
from typing import Any

# a script, run by the trainer's Python: its folder is on the path, ours is not
from proof import Proof, compare_calls, finish, load, read_lines, read_tokenizer, token_bytes  # type: ignore[import-not-found]

RENDERERS: dict[str, tuple[str, dict[str, Any]]] = {
    "qwen3": ("Qwen3RendererConfig", {}),
    "llama": ("Llama3RendererConfig", {"tools_in_user_message": False}),
}
"""The renderer that prime-rl takes for models with each template."""
DEFAULT: tuple[str, dict[str, Any]] = ("DefaultRendererConfig", {})
WORDS = {
    "llama": ("<|end_of_text|>", "<|eom_id|>"),
    "qwen3": ("<think>", "</think>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>"),
}
"""Tokens that the tokenizers of these models have, and their renderers ask for."""


def main(folder: Path) -> None:
    export = folder / "all"
    proofs = [prove(export, template, renderer) for template, renderer in RENDERERS.items()]
    finish([*proofs, show_default_renderer(export), show_added_thoughts(export)])


def prove(export: Path, template: str, renderer: tuple[str, dict[str, Any]]) -> Proof:
    proof = Proof(f"prime-rl sft, {export.name}, {template}, {renderer[0]}")
    tokenizer = read_tokenizer(export.parent, template)
    tokenizer.add_tokens(list(WORDS.get(template.removesuffix("_instruct"), ())))
    rows = read_rows(export)
    dataset = build_dataset(rows, tokenizer, renderer)
    for row, expected in zip(rows, read_lines(export / "expected.jsonl"), strict=True):
        turns = expected["parsed_turns"][template]
        if turns is None:
            proof.counts["refused by the template"] += 1
            continue
        try:
            item = dataset._process(row)
        except AssertionError:
            proof.counts["rows at which prime-rl stops"] += 1
            continue
        proof.compare(
            token_bytes(tokenizer, [item["input_ids"][0], *item["target_ids"]]),
            [False, *item["loss_mask"]],
            template=template,
            turns=turns,
            trained=expected["trained"],
        )
        compare_calls(proof, turns, expected["messages"])
    proof.check("no row stops it", holds=not proof.counts["rows at which prime-rl stops"])
    return proof


def show_default_renderer(export: Path) -> Proof:
    """Show that the default renderer trains headings and, where a template rewrites turns, words of others, or stops."""
    proof = Proof(
        "failure shown: the default renderer trains headings, and words of others in Qwen3's template"
    )
    plain = prove(export, "hermes", DEFAULT).counts
    rewritten = prove(export, "qwen3", DEFAULT).counts
    proof.check("all that is meant", holds=plain["as intended"] == plain["intended"] > 0)
    proof.check("headings too", holds=plain["not intended"] > 0)
    proof.check("words of others", holds=rewritten["not intended"] > plain["not intended"])
    proof.counts["not intended, hermes"] = plain["not intended"]
    proof.counts["not intended, qwen3"] = rewritten["not intended"]
    proof.counts["rows at which prime-rl stops, qwen3"] = rewritten["rows at which prime-rl stops"]
    return proof


def show_added_thoughts(export: Path) -> Proof:
    """Show that Qwen3's Instruct models, which get the renderer of the others, train think blocks they never write."""
    proof = Proof("failure shown: Qwen3's Instruct models get an empty think block in the last turns")
    missed = prove(export, "qwen3_instruct", RENDERERS["qwen3"]).misses
    proof.check(
        "a think block", holds=any("'<think>" in miss.partition(" instead of ")[0] for miss in missed)
    )
    proof.counts["turns"] = sum("'<think>" in miss.partition(" instead of ")[0] for miss in missed)
    return proof


def read_rows(export: Path) -> Any:
    files = {"data_files": str(export / "train-00000.parquet"), "split": "train"}
    return load("datasets:load_dataset")("parquet", cache_dir=str(export / "cache"), **files)


def build_dataset(rows: Any, tokenizer: Any, renderer: tuple[str, dict[str, Any]]) -> Any:
    name, parameters = renderer
    built = load("renderers.base:create_renderer")(tokenizer, load(f"renderers.configs:{name}")(**parameters))
    return load("prime_rl.trainer.sft.data:SFTDataset")(rows, tokenizer, built, seq_len=10**6)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
