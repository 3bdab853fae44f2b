"""A tokenizer and a model built on the spot, to see what TRL would train of an export; no hub is asked."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

IGNORED_LABEL = -100


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


def tokenise(dataset: Any, tokenizer: Any, output: Path) -> Any:
    """Give the dataset as `SFTTrainer` would train it."""
    from transformers import Qwen3Config, Qwen3ForCausalLM
    from trl import SFTConfig, SFTTrainer

    config = Qwen3Config(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=1, head_dim=8,
    )  # fmt: skip
    arguments = SFTConfig(
        output_dir=str(output),
        use_cpu=True,
        bf16=False,
        max_length=None,
        assistant_only_loss=True,
        report_to=[],
    )
    trainer = SFTTrainer(
        model=Qwen3ForCausalLM(config), args=arguments, train_dataset=dataset, processing_class=tokenizer
    )
    return trainer.train_dataset


def trained_texts(row: Any, tokenizer: Any) -> list[str]:
    """Decode each run of tokens that carries loss."""
    runs = groupby(row["labels"], key=lambda label: label != IGNORED_LABEL)
    return [tokenizer.decode(list(tokens)) for is_trained, tokens in runs if is_trained]
