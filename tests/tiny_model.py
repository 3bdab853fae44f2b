"""A tokenizer and a model built on the spot, to see what TRL would train of an export; no hub is asked."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

IGNORED_LABEL = -100
ENCODED_TEXTS = ["look at the cup", "change the mail address", "list"]
"""What the tiny sentence encoder's tokenizer is trained on."""


def build_tokenizer(texts: Sequence[str]) -> Any:
    """Train a byte-level BPE on the texts, so that decoding gives them back exactly; the template is Qwen3's."""
    import trl
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    raw.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=600, special_tokens=special, initial_alphabet=alphabet, show_progress=False
        ),
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw, eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
    tokenizer.chat_template = (Path(trl.__file__).parent / "chat_templates" / "qwen3.jinja").read_text()
    return tokenizer


def tiny_model(tokenizer: Any) -> Any:
    """Build a Qwen3 of one layer with random weights."""
    from transformers import Qwen3Config, Qwen3ForCausalLM

    config = Qwen3Config(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=1, head_dim=8,
    )  # fmt: skip
    return Qwen3ForCausalLM(config)


def tokenise(dataset: Any, tokenizer: Any, output: Path, *, assistant_only_loss: bool = True) -> Any:
    """Give the dataset as `SFTTrainer` would train it."""
    from trl import SFTConfig, SFTTrainer

    arguments = SFTConfig(
        output_dir=str(output),
        use_cpu=True,
        bf16=False,
        max_length=None,
        assistant_only_loss=assistant_only_loss,
        report_to=[],
    )
    trainer = SFTTrainer(
        model=tiny_model(tokenizer), args=arguments, train_dataset=dataset, processing_class=tokenizer
    )
    return trainer.train_dataset


def trained_texts(row: Any, tokenizer: Any) -> list[str]:
    """Decode each run of tokens that carries loss."""
    runs = groupby(row["labels"], key=lambda label: label != IGNORED_LABEL)
    return [tokenizer.decode(list(tokens)) for is_trained, tokens in runs if is_trained]


def save_encoder(folder: Path) -> None:
    """Write a sentence encoder of one layer with seeded weights, as transformers saves it."""
    import torch
    from transformers import BertConfig, BertModel

    tokenizer = build_tokenizer(ENCODED_TEXTS)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
