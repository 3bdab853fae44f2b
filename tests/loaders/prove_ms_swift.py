"""ms-swift: its dataset preprocessor and `Template.encode`, with weights."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

# a script, run by the trainer's Python: its folder is on the path, ours is not
from proof import Proof, compare_calls, finish, load, own_turn, read_lines, read_tokenizer, token_bytes  # type: ignore[import-not-found]

TEMPLATES = {
    "qwen3": ("qwen3", "hermes"),
    "qwen3_instruct": ("qwen3_nothinking", "hermes"),
    "hermes": ("chatml", "hermes"),
    "llama": ("llama3_2", "llama3"),
}
"""Its own template and agent template for each of ours."""


def main(folder: Path) -> None:
    proofs = [prove(folder / export, template) for export in ("all", "masked") for template in TEMPLATES]
    finish([*proofs, *show_weights(folder / "weighted")])


def read_dataset(export: Path) -> Any:
    dataset = load("swift.dataset:load_dataset")(
        [str(export / "train-00000.jsonl")], num_proc=1, strict=True, remove_unused_columns=False
    )
    return dataset[0]


def read_template(export: Path, template: str, **options: Any) -> tuple[Any, Any]:
    tokenizer = read_tokenizer(export.parent, template)
    name, agent = TEMPLATES[template]
    tokenizer.model_info = SimpleNamespace(
        config=None, task_type="causal_lm", max_model_len=10**6, model_dir=""
    )
    tokenizer.model_meta = SimpleNamespace(is_multimodal=False, template=name, candidate_templates=[name])
    made = load("swift.template:get_template")(tokenizer, template_type=name, agent_template=agent, **options)
    made.set_mode("train")
    return tokenizer, made


def prove(export: Path, template: str) -> Proof:
    proof = Proof(f"ms-swift, {export.name}, {template}")
    tokenizer, made = read_template(export, template)
    for row, expected in zip(read_dataset(export), read_lines(export / "expected.jsonl"), strict=True):
        spoken = [message for message in expected["messages"] if message["role"] == "assistant"]
        turns = [turn_text(message, template) for message in spoken]
        encoded = made.encode(row)
        proof.compare(
            token_bytes(tokenizer, encoded["input_ids"]),
            [label != -100 for label in encoded["labels"]],
            template=template,
            turns=turns,
            trained=expected["trained"],
        )
        compare_calls(proof, turns, expected["messages"])
    return proof


def turn_text(message: dict[str, Any], template: str) -> str:
    """Write a turn as its templates do: `qwen3` puts an empty think block where there is no reasoning."""
    said: str = own_turn(message, template)
    thinks = template == "qwen3" and message.get("reasoning_content") is None
    return "<think>\n\n</think>\n\n" + said if thinks else said


def show_weights(export: Path) -> list[Proof]:
    """Show that weights are carried, and that they are forgotten by default."""
    kept, lost = (
        Proof("ms-swift weights with --is_binary_loss_scale false"),
        Proof("failure shown: weights are forgotten by default"),
    )
    tokenizer, made = read_template(export, "hermes", is_binary_loss_scale=False)
    _, plain = read_template(export, "hermes")
    for row in read_dataset(export):
        encoded = made.encode(dict(row))
        pieces = token_bytes(tokenizer, encoded["input_ids"])
        whole = {piece for piece, weight in zip(pieces, encoded["loss_scale"], strict=True) if weight == 1}
        kept.check("rows", holds=set(encoded["loss_scale"]) <= {0.0, 0.5, 1.0})
        kept.check("only ends of turns weigh 1", holds=whole <= {b"<|im_end|>", b"\n"})
        lost.check("rows", holds=plain.encode(dict(row)).get("loss_scale") is None)
    return [kept, lost]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
