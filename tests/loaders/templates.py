"""Chat templates of the three families that the proofs use, and a tiny tokenizer for each; no hub is asked."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERMES = """\
{%- if messages[0].role == 'system' or tools %}{{- '<|im_start|>system\\n' }}
{%- if messages[0].role == 'system' %}{{- messages[0].content }}{% endif %}
{%- if tools %}{{- '\\n<tools>' }}{% for tool in tools %}{{- '\\n' + tool | tojson }}{% endfor %}{{- '\\n</tools>' }}{% endif %}
{{- '<|im_end|>\\n' }}{% endif %}
{%- for message in messages %}
{%- if message.role == 'user' or (message.role == 'system' and not loop.first) %}{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
{%- elif message.role == 'assistant' %}{{- '<|im_start|>assistant\\n' }}
{%- if message.content %}{{- message.content }}{% endif %}
{%- for call in message.tool_calls or [] %}
{%- if not loop.first or message.content %}{{- '\\n' }}{% endif %}
{{- '<tool_call>\\n{"name": "' + call.function.name + '", "arguments": ' + (call.function.arguments | tojson) + '}\\n</tool_call>' }}
{%- endfor %}{{- '<|im_end|>\\n' }}
{%- elif message.role == 'tool' %}{{- '<|im_start|>tool\\n<tool_response>\\n' + message.content + '\\n</tool_response><|im_end|>\\n' }}
{%- endif %}{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{% endif %}"""
"""In Hermes' notation: arguments as an object, each tool result a turn of its own."""
LLAMA_OPTIONS = "{%- set tools_in_user_message = false %}{%- set date_string = '26 Jul 2024' %}"
"""Schemas in the system prompt and a fixed date: messages rendered one by one then add up to the whole."""
SPECIAL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|begin_of_text|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|eot_id|>",
)
STRING_ARGUMENTS = frozenset({"qwen3", "qwen3_instruct"})
"""Templates that write an argument string as it stands; the others need the object."""


def chat_templates() -> dict[str, str]:
    """Give the templates by name: Qwen3's thinking one, its other one, Llama's, Hermes'."""
    import trl

    folder = Path(trl.__file__).parent / "chat_templates"

    def read(name: str) -> str:
        return (folder / f"{name}.jinja").read_text(encoding="utf-8")

    return {
        "qwen3": read("qwen3"),
        "qwen3_instruct": read("qwen3_instruct_2507"),
        "llama": LLAMA_OPTIONS + read("llama3_2"),
        "hermes": HERMES,
    }


def build_tokenizers(texts: Sequence[str]) -> dict[str, Any]:
    """Train one byte-level BPE on the texts and give it each template."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=1200,
        special_tokens=[AddedToken(token, special=True) for token in SPECIAL],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    raw.train_from_iterator(texts, trainer)
    tokenizers = {}
    for name, template in chat_templates().items():
        is_llama = name == "llama"
        tokenizers[name] = PreTrainedTokenizerFast(
            tokenizer_object=raw,
            bos_token="<|begin_of_text|>" if is_llama else None,
            eos_token="<|eot_id|>" if is_llama else "<|im_end|>",
            pad_token="<|endoftext|>",
            additional_special_tokens=list(SPECIAL),
            chat_template=template,
        )
    return tokenizers
