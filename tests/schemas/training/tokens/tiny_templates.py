"""A tokenizer made on the spot and the chat templates that it is tried with; no hub is asked."""

from collections.abc import Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from schemas.training import Label
from schemas.training.tokens import TokenRow
from schemas.trajectory import Message, Origin, Role, ToolCall

SPECIAL_TOKENS = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>",
    "<|eot_id|>", "<|start|>", "<|message|>", "<|channel|>", "<|end|>", "<|return|>", "<|call|>", "<s>", "</s>",
    "[INST]", "[/INST]", "[TOOL_CALLS]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]", "[AVAILABLE_TOOLS]",
    "[/AVAILABLE_TOOLS]", "<|user|>", "<|assistant|>", "<|observation|>", "[gMASK]", "<sop>",
]  # fmt: skip

HERMES = """{%- set first = messages[0] -%}
{%- if tools -%}
<|im_start|>system
{{ first.content if first.role == 'system' else '' }}
<tools>{% for tool in tools %}{{ tool | tojson }}{% endfor %}</tools><|im_end|>
{% elif first.role == 'system' -%}
<|im_start|>system
{{ first.content }}<|im_end|>
{% endif -%}
{%- for message in messages -%}
{%- if message.role == 'user' %}{{ '<|im_start|>user\\n' + message.content + '<|im_end|>\\n' }}
{%- elif message.role == 'tool' %}{{ '<|im_start|>tool\\n<tool_response>\\n' + message.content + '\\n</tool_response><|im_end|>\\n' }}
{%- elif message.role == 'assistant' %}{{ '<|im_start|>assistant' }}
{%- if message.content %}{{ '\\n' + message.content }}{% endif %}
{%- for call in message.tool_calls or [] %}{{ '\\n<tool_call>\\n{"name": "' + call.function.name + '", "arguments": ' + call.function.arguments | tojson + '}\\n</tool_call>' }}{% endfor %}
{{- '<|im_end|>\\n' }}
{%- endif %}
{%- endfor -%}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif -%}
"""
"""Arguments as an object, content beside calls, a role of its own for results."""

MISTRAL = """{%- set last = namespace(user=-1) -%}
{%- for message in messages %}{% if message.role == 'user' %}{% set last.user = loop.index0 %}{% endif %}{% endfor -%}
{{- '<s>' }}
{%- for message in messages -%}
{%- if message.role == 'system' %}{{ '[INST] ' + message.content | trim + '[/INST]' }}
{%- elif message.role == 'user' %}
{%- if loop.index0 == last.user and tools %}{{ '[AVAILABLE_TOOLS] ' + tools | tojson + '[/AVAILABLE_TOOLS]' }}{% endif %}
{{- '[INST] ' + message.content | trim + '[/INST]' }}
{%- elif message.role == 'tool' %}{{ '[TOOL_RESULTS] ' + {'content': message.content, 'call_id': message.tool_call_id} | tojson + '[/TOOL_RESULTS]' }}
{%- elif message.tool_calls %}{{ '[TOOL_CALLS] [' }}
{%- for call in message.tool_calls %}{{ {'name': call.function.name, 'arguments': call.function.arguments, 'id': call.id} | tojson }}{{ ', ' if not loop.last }}{% endfor %}
{{- ']</s>' }}
{%- else %}{{ ' ' + message.content | trim + '</s>' }}
{%- endif %}
{%- endfor -%}
"""
"""No generation prompt, texts trimmed, no content beside calls, results as JSON, tools only at the last user message."""


@cache
def template(name: str) -> str:
    """Give a template by name: TRL's own copies of the published ones, and the two above."""
    import trl

    own = {"hermes": HERMES, "mistral": MISTRAL}
    return own.get(name) or (Path(trl.__file__).parent / "chat_templates" / f"{name}.jinja").read_text()


@cache
def tiny_tokenizer() -> Any:
    """Train a byte-level BPE on a few words, so that decoding gives each text back exactly.

    No token joins two characters of blank space, so none lies over the border of a turn.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=700,
        special_tokens=SPECIAL_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    words = ["the weather in Paris is sunny and the flight to Rome is late"] * 4
    words += ['{"name": "get_weather", "arguments": {"city": "Rome"}}</tool_call><think></think>'] * 4
    raw.train_from_iterator(words, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=raw, eos_token="<|im_end|>", pad_token="<|endoftext|>", bos_token="<|begin_of_text|>"
    )


def message(
    seq: int,
    role: str,
    text: str | None = None,
    *,
    reasoning: str | None = None,
    calls: Sequence[tuple[str, str]] = (),
) -> Message:
    """Make a message; a tool's answers the call of the message before it."""
    return Message(
        seq=seq,
        role=Role(role),
        origin=Origin.SAMPLED if role == "assistant" else Origin.SCRIPTED,
        text=text,
        reasoning=reasoning,
        tool_calls=tuple(
            ToolCall(name=name, arguments=arguments, call_id=f"call{seq:04}{at}")
            for at, (name, arguments) in enumerate(calls)
        ),
        tool_call_id=f"call{seq - 1:04}0" if role == "tool" else None,
        name="get_weather" if role == "tool" else None,
    )


def train_all(messages: Sequence[Message], *, weight: float = 1.0) -> dict[int, Label]:
    """Label every assistant message."""
    return {one.seq: Label(is_trained=True, weight=weight) for one in messages if one.role is Role.ASSISTANT}


def trained_runs(row: TokenRow) -> list[str]:
    """Decode each run of tokens that carries loss."""
    runs = groupby(zip(row.input_ids.tolist(), row.is_trained.tolist(), strict=True), key=lambda one: one[1])
    return [tiny_tokenizer().decode([token for token, _ in run]) for is_trained, run in runs if is_trained]


TOOLS = (
    '[{"type": "function", "function": {"name": "get_weather", "description": "Weather.", "parameters": '
    '{"type": "object", "properties": {"city": {"type": "string", "description": "City."}}, "required": ["city"]}}}]'
)
