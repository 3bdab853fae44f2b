"""Token rendering beside TRL's own tokenisation of the same rows: tokens per second, and whether the labels agree.

`python -m benchmarks.token_rendering DATA`. `DATA` is the folder of published rollouts (`shared/data`). The tokenizer is a
byte-level BPE of 16,000 words trained on these texts before any clock starts; the template is Qwen3's training template
of TRL, which both render, so that the labels can be compared token by token. TRL is timed twice: its tokeniser alone (one
`apply_chat_template` with the assistant mask per row), and its trainer's whole preparation of the data set.
"""

import argparse
import json
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import zstandard

from benchmarks.measure import Measure, machine, measured
from schemas.rollouts import Decoded, Source, claiming_format, decode_record, read_records
from schemas.training import Label
from schemas.training.tokens import Conversation, TokenRenderer, TokenRow, pack_lengths
from schemas.training.tokens.chats import Chat, write_chat
from schemas.trajectory import Role, Trajectory

MINI_SWE_ROLLOUTS = 10
AS_SAMPLED_ROWS = 5
VOCABULARY = 16_000
BIN_TOKENS = 32_768
SPECIAL_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def read_bytes(path: Path) -> bytes:
    """Decompress a file."""
    with path.open("rb") as compressed:
        return zstandard.ZstdDecompressor().stream_reader(compressed).read()


def decoded(name: str, content: bytes) -> Iterator[Trajectory]:
    """Give the trajectories of one file."""
    source = Source(uri=name, name="benchmark")
    stream: Any = BytesIO(content)
    for record in read_records(stream, file_name=name, claims=claiming_format):
        found = decode_record(record, source)
        if isinstance(found, Decoded):
            yield from found.trajectories


def tau_bench(data: Path) -> list[Trajectory]:
    """Give 200 conversations with tools."""
    return list(decoded("gpt-4o-airline.json", read_bytes(data / "tau_bench" / "gpt-4o-airline.json.zst")))


def mini_swe(data: Path) -> list[Trajectory]:
    """Give long rollouts of a coding agent."""
    raw = read_bytes(data / "mini_swe_agent" / "deepseek_dev_runs.tar.zst")
    found: list[Trajectory] = []
    with tarfile.open(fileobj=BytesIO(raw)) as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.name.endswith(".traj.json") else None
            if stream is not None and len(found) < MINI_SWE_ROLLOUTS:
                found += decoded(member.name, stream.read())
    return found


def build_tokenizer(texts: Iterable[str], template: str) -> Any:
    """Train a byte-level BPE on the texts."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=SPECIAL_TOKENS, initial_alphabet=alphabet, show_progress=False
    )
    raw.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw,
        eos_token="<|im_end|>",  # noqa: S106 - a token of text
        pad_token="<|endoftext|>",  # noqa: S106 - a token of text
    )
    tokenizer.chat_template = template
    return tokenizer


@dataclass(frozen=True)
class Road:
    """What one road made of the rows."""

    name: str
    labels: list[list[int]]
    work: Measure


def ours(conversations: Sequence[Conversation], tokenizer: Any) -> tuple[Road, list[TokenRow]]:
    """Render as Winnow does."""
    with measured() as work:
        renderer = TokenRenderer(tokenizer, train_eos="turn")
        rows = [row for rendered in renderer.render_all(conversations) for row in rendered.rows]
    return Road("Winnow", [row.labels.tolist() for row in rows], work), rows


def as_sampled(conversations: Sequence[Conversation], tokenizer: Any, template: str) -> Road:
    """Render by the inference template, each turn behind what the policy would see."""
    with measured() as work:
        renderer = TokenRenderer(tokenizer, template, history="as_sampled")
        rows = [row for rendered in renderer.render_all(conversations) for row in rendered.rows]
    return Road(f"Winnow, {len(conversations)} as sampled", [row.labels.tolist() for row in rows], work)


def trl_alone(chats: Sequence[Chat], tools: Sequence[Any], tokenizer: Any) -> Road:
    """Tokenise as TRL's trainer tokenises each row, without the data set around it."""
    labels = []
    with measured() as work:
        for chat, schemas in zip(chats, tools, strict=True):
            told = tokenizer.apply_chat_template(
                chat, tools=schemas, tokenize=True, return_dict=True, return_assistant_tokens_mask=True
            )
            mask = np.array(told["assistant_masks"])
            labels.append(np.where(mask == 1, told["input_ids"], -100).tolist())
    return Road("TRL, its tokeniser alone", labels, work)


def trl_trainer(chats: Sequence[Chat], conversations: Sequence[Conversation], tokenizer: Any) -> Road:
    """Build TRL's trainer, which prepares the data set; a second trainer on one row is the rest of the work."""
    rows = [{"messages": chat, "tools": one.tools} for chat, one in zip(chats, conversations, strict=True)]
    rows = [row if row["tools"] is not None else {"messages": row["messages"]} for row in rows]
    _, rest = _train(rows[:1], tokenizer)
    trainer, work = _train(rows, tokenizer)
    labels = [row["labels"] for row in trainer.train_dataset]
    return Road(
        "TRL, its trainer", labels, Measure(wall_s=work.wall_s - rest.wall_s, cpu_s=work.cpu_s - rest.cpu_s)
    )


def _train(rows: Sequence[dict[str, Any]], tokenizer: Any) -> tuple[Any, Measure]:
    from datasets import Dataset
    from transformers import Qwen3Config, Qwen3ForCausalLM
    from trl import SFTConfig, SFTTrainer

    config = Qwen3Config(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=16, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=1, head_dim=8,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        arguments = SFTConfig(
            output_dir=folder,
            use_cpu=True,
            bf16=False,
            max_length=None,
            assistant_only_loss=True,
            report_to=[],
        )
        dataset = Dataset.from_list(list(rows))
        with measured() as work:
            trainer = SFTTrainer(
                model=Qwen3ForCausalLM(config),
                args=arguments,
                train_dataset=dataset,
                processing_class=tokenizer,
            )
    return trainer, work


def compare(name: str, trajectories: Sequence[Trajectory], templates: Path) -> None:
    """Run all roads on the same rows and print one line each."""
    texts = [message.text or "" for one in trajectories for message in one.messages]
    tokenizer = build_tokenizer(texts, (templates / "qwen3_training.jinja").read_text())
    conversations = [_conversation(one) for one in trajectories]
    chats = [write_chat(one.messages, arguments="string", fill_content=False) for one in conversations]
    tools = [None if one.tools is None else json.loads(one.tools) for one in conversations]
    tokenizer("warm")
    road, rows = ours(conversations, tokenizer)
    roads = [
        road,
        trl_alone(chats, tools, tokenizer),
        trl_trainer(chats, conversations, tokenizer),
        as_sampled(conversations[:AS_SAMPLED_ROWS], tokenizer, (templates / "qwen3.jinja").read_text()),
    ]
    for one in roads:
        same = sum(left == right for left, right in zip(one.labels, road.labels, strict=False))
        work, count = one.work, len(one.labels)
        speed = sum(map(len, one.labels)) / work.cpu_s
        print(
            f"| {name} | {one.name} | {count} | {work.wall_s:.2f} | {work.cpu_s:.2f} | {speed:,.0f} | {same} |"
        )
    fill = pack_lengths([min(len(row), BIN_TOKENS) for row in rows], max_tokens=BIN_TOKENS).fill_frac
    print(f"{name}: {sum(map(len, rows)):,} tokens; packed into bins of {BIN_TOKENS:,} they fill {fill:.3f}")


def _conversation(trajectory: Trajectory) -> Conversation:
    labels = {
        one.seq: Label(is_trained=True, weight=1.0)
        for one in trajectory.messages
        if one.role is Role.ASSISTANT
    }
    toolset = trajectory.toolset
    return Conversation(
        messages=trajectory.messages, tools=None if toolset is None else toolset.tools, labels=labels
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    import trl

    templates = Path(trl.__file__).parent / "chat_templates"
    print(machine())
    print("| input | road | rows | s | CPU s | tokens/CPU s | same labels |\n|---|---|---|---|---|---|---|")
    compare("tau-bench airline", tau_bench(data), templates)
    compare("mini-swe-agent", mini_swe(data), templates)


if __name__ == "__main__":
    main()
