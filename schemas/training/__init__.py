"""Training formats: a curated example in, one trainer's row out.

To add a format: one module with one frozen instance, one line in `TRAINING_FORMATS`, one test with the trainer's loader.
"""

from typing import Any

from schemas.training.format import Label, TaskExample, TrainingExample, TrainingFormat, prompt_messages
from schemas.training.json_lines import encode_jsonl
from schemas.training.openai_chat import OPENAI_CHAT
from schemas.training.trl_grpo import TRL_GRPO
from schemas.training.trl_sft import TRL_SFT

TRAINING_FORMATS: dict[str, TrainingFormat[Any]] = {
    "trl_sft": TRL_SFT,
    "trl_grpo": TRL_GRPO,
    "openai_chat": OPENAI_CHAT,
}
"""All formats by name."""

__all__ = [
    "TRAINING_FORMATS",
    "Label",
    "TaskExample",
    "TrainingExample",
    "TrainingFormat",
    "encode_jsonl",
    "prompt_messages",
]
