"""NeMo-RL: `OpenAIFormatDataset` and `PreferenceDataset`, their processors, and the masks that its trainers add.

It renders the conversation anew up to each message and takes what differs from the rendering before as that message's
text, so the tokens can say something else than the template does: each row is compared with the template's whole.
"""

import json
import sys
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

# a script, run by the trainer's Python: its folder is on the path, ours is not
from proof import (  # type: ignore[import-not-found]
    MARKS,
    Proof,
    compare_calls,
    find_turns,
    finish,
    load,
    read_lines,
    read_tokenizer,
    token_bytes,
)

TAKES_STRING = ("qwen3_instruct",)
TAKES_OBJECT = ("qwen3_instruct", "llama", "hermes")
UTILITIES = "nemo_rl.data.llm_message_utils"


def main(folder: Path) -> None:
    cases = [("all", template) for template in TAKES_STRING] + [
        ("objects", template) for template in TAKES_OBJECT
    ]
    proofs = [
        prove(folder / export, template, heads=heads) for heads in (True, False) for export, template in cases
    ]
    pairs = [prove_pairs(folder / "pairs", template) for template in ("qwen3", "qwen3_instruct")]
    shown = [show_repeated_turns(folder / "all", heads=heads) for heads in (True, False)]
    shown = [*shown, show_quoted_arguments(folder / "pairs")]
    finish([*proofs, *pairs, *shown])


def prove(export: Path, template: str, *, heads: bool) -> Proof:
    """Compare the rows whose tokens say what the template says; the others must be those that are counted as such."""
    proof = Proof(f"nemo-rl sft, {export.name}, {template}, add_generation_prompt={str(heads).lower()}")
    tokenizer = read_tokenizer(export.parent, template)
    kind = "turns" if export.name == "all" else "parsed_turns"
    for log, expected in zip(
        message_logs(export, tokenizer, heads=heads), expected_rows(export), strict=True
    ):
        turns = expected[kind][template]
        if log is None:
            proof.counts["refused by the template"] += 1
            continue
        pieces = token_bytes(tokenizer, [token for message in log for token in message["token_ids"].tolist()])
        is_trained = [bool(flag) for message in log for flag in message["token_loss_mask"].tolist()]
        if not says_the_whole(pieces, export, expected, tokenizer):
            proof.check("rows with a stray heading", holds=may_be_garbled(expected, template, heads=heads))
            continue
        if not heads:
            leave_headings(proof, pieces, is_trained, template)
        proof.compare(pieces, is_trained, template=template, turns=turns, trained=expected["trained"])
        compare_calls(proof, turns, expected["messages"])
    return proof


def message_logs(export: Path, tokenizer: Any, *, heads: bool) -> list[Any]:
    """Give the messages of each row with their tokens and masks; null where the template refuses."""
    dataset = load("nemo_rl.data.datasets.response_datasets.oai_format_dataset:OpenAIFormatDataset")(
        str(export / "train-00000.jsonl"),
        use_preserving_dataset=True,
        skip_set_processor=False,
        processor="sft_processor",
    )
    refusal = load("jinja2:TemplateError")
    logs: list[Any] = []
    for at, row in enumerate(dataset.dataset):
        try:
            item = dataset.processor(
                row, dataset.task_spec, tokenizer, 10**6, at, add_generation_prompt=heads
            )
        except refusal:
            logs.append(None)
            continue
        load(f"{UTILITIES}:add_loss_mask_to_message_log")(
            [item["message_log"]], roles_to_train_on=["assistant"]
        )
        logs.append(item["message_log"])
    return logs


def expected_rows(export: Path) -> Any:
    return read_lines(export / "expected.jsonl")


def says_the_whole(pieces: list[bytes], export: Path, expected: dict[str, Any], tokenizer: Any) -> bool:
    messages = expected["messages"] if export.name == "all" else [parsed(one) for one in expected["messages"]]
    text = tokenizer.apply_chat_template(messages, tools=expected["tools"], tokenize=False)
    return b"".join(pieces) == str(text).encode()


def parsed(message: dict[str, Any]) -> dict[str, Any]:
    calls = [
        call | {"function": call["function"] | {"arguments": json.loads(call["function"]["arguments"])}}
        for call in message.get("tool_calls", ())
    ]
    return message | {"tool_calls": calls} if calls else message


def may_be_garbled(expected: dict[str, Any], template: str, *, heads: bool) -> bool:
    """Tell whether others speak in a row, or with Qwen's template tools, whose results it joins."""
    others = {"tool"} | ({"user"} if heads else set())
    roles = [message["role"] for message in expected["messages"]]
    return (heads or template.startswith("qwen3")) and any({*pair} <= others for pair in pairwise(roles))


def leave_headings(proof: Proof, pieces: list[bytes], is_trained: list[bool], template: str) -> None:
    """Take the headings of turns, which are trained where no generation prompt is added, out of the comparison."""
    width = len(MARKS["llama" if template == "llama" else "chatml"][0])
    begins = [begin for begin, _ in find_turns(b"".join(pieces), template)]
    for at, place in enumerate([0, *accumulate(map(len, pieces))][:-1]):
        if is_trained[at] and any(begin - width <= place < begin for begin in begins):
            is_trained[at] = False
            proof.counts["tokens of headings trained"] += 1


def prove_pairs(export: Path, template: str) -> Proof:
    """Compare what the last message of each side trains: its heading, its words, and the newline behind."""
    proof = Proof(f"nemo-rl preference, {template}")
    tokenizer = read_tokenizer(export.parent, template)
    for logs, expected in zip(pair_logs(export, tokenizer), expected_rows(export), strict=True):
        for side in ("chosen", "rejected"):
            proof.check(
                "sides", holds=trained_text(logs[side], tokenizer) == meant_text(expected[side][0], tokenizer)
            )
            said = "".join(message["content"] for message in logs[side][:-1])
            proof.check("contexts", holds=all(message["content"] in said for message in expected["context"]))
    return proof


def pair_logs(export: Path, tokenizer: Any) -> list[dict[str, Any]]:
    dataset = load("nemo_rl.data.datasets.preference_datasets.preference_dataset:PreferenceDataset")(
        str(export / "train-00000.parquet"),
        split="train",
        skip_set_processor=False,
        processor="preference_preprocessor",
    )
    logs = []
    for at, row in enumerate(dataset.dataset):
        item = dataset.processor(row, dataset.task_spec, tokenizer, 10**6, at)
        sides = {side: item[f"message_log_{side}"] for side in ("chosen", "rejected")}
        load(f"{UTILITIES}:add_loss_mask_to_message_log")([*sides.values()], only_unmask_final=True)
        logs.append(sides)
    return logs


def trained_text(log: list[dict[str, Any]], tokenizer: Any) -> str:
    ids = [
        token
        for message in log
        for token, flag in zip(
            message["token_ids"].tolist(), message["token_loss_mask"].tolist(), strict=True
        )
        if flag
    ]
    return b"".join(token_bytes(tokenizer, ids)).decode()


def meant_text(message: dict[str, Any], tokenizer: Any) -> str:
    user = [{"role": "user", "content": "?"}]
    context = tokenizer.apply_chat_template(user, tokenize=False)
    whole: str = tokenizer.apply_chat_template([*user, message], tokenize=False)
    return whole.removeprefix(context)


def show_repeated_turns(export: Path, *, heads: bool) -> Proof:
    """Show that with Qwen3's thinking template, which rewrites turns, the words of a turn stand there twice."""
    proof = Proof("failure shown: with Qwen3's thinking template turns are repeated as context")
    tokenizer = read_tokenizer(export.parent, "qwen3")
    for log, expected in zip(
        message_logs(export, tokenizer, heads=heads), expected_rows(export), strict=True
    ):
        pieces = token_bytes(tokenizer, [token for message in log for token in message["token_ids"].tolist()])
        proof.counts["rows"] += 1
        proof.counts["rows garbled"] += not says_the_whole(pieces, export, expected, tokenizer)
    proof.check("garbled", holds=proof.counts["rows garbled"] > 0)
    return proof


def show_quoted_arguments(export: Path) -> Proof:
    """Show that arguments in pairs, strings because `datasets` pads objects, are quoted by Hermes' template."""
    proof = Proof("failure shown: templates that take objects quote the arguments of pairs")
    tokenizer = read_tokenizer(export.parent, "hermes")
    texts = [trained_text(logs["chosen"], tokenizer) for logs in pair_logs(export, tokenizer)]
    proof.check("quoted", holds=any('"arguments": "{' in text for text in texts))
    return proof


if __name__ == "__main__":
    main(Path(sys.argv[1]))
