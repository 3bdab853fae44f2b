"""Training formats: a curated example in, one trainer's rows out.

To add a format: one module with one class, one line in `TRAINING_FORMATS`, one test with the trainer's loader.
"""

from typing import Any

from schemas.training.arrow_rows import arrow_rows
from schemas.training.axolotl import Axolotl
from schemas.training.by_role import NemoRlSft, PrimeRlSft, SkyrlRl, SkyrlSft
from schemas.training.examples import (
    Example,
    Label,
    PairExample,
    Part,
    SampleExample,
    Span,
    TaskExample,
    TrainingExample,
    prompt_messages,
)
from schemas.training.format import TrainingFormat, Unsupported, Written
from schemas.training.interchange_rows import AgentTraces, Atif
from schemas.training.json_lines import encode_jsonl
from schemas.training.llama_factory import LlamaFactory
from schemas.training.llama_factory_kto import LlamaFactoryKto
from schemas.training.llama_factory_ranking import LlamaFactoryRanking
from schemas.training.ms_swift import MsSwift
from schemas.training.nemo_rl_preference import NemoRlPreference
from schemas.training.openai_chat import OpenaiChat
from schemas.training.openai_preference import OpenaiPreference
from schemas.training.openrlhf_preference import OpenrlhfPreference
from schemas.training.openrlhf_sft import OpenrlhfSft
from schemas.training.slime_rl import SlimeRl
from schemas.training.slime_sft import SlimeSft
from schemas.training.stepwise import StepLabels
from schemas.training.tokens_format import Tokens
from schemas.training.trl_grpo import TrlGrpo
from schemas.training.trl_kto import TrlKto
from schemas.training.trl_pairs import TrlDpo, TrlReward
from schemas.training.trl_sft import TrlSft
from schemas.training.verl_rl import VerlRl
from schemas.training.verl_sft import VerlSft
from schemas.training.verl_tokens import VerlTokens

TRAINING_FORMATS: dict[str, type[TrainingFormat[Any]]] = {
    "trl_sft": TrlSft,
    "tokens": Tokens,
    "trl_grpo": TrlGrpo,
    "trl_dpo": TrlDpo,
    "trl_reward": TrlReward,
    "trl_kto": TrlKto,
    "step_labels": StepLabels,
    "openai_preference": OpenaiPreference,
    "openai_chat": OpenaiChat,
    "verl_sft": VerlSft,
    "verl_tokens": VerlTokens,
    "verl_rl": VerlRl,
    "axolotl": Axolotl,
    "llama_factory": LlamaFactory,
    "llama_factory_ranking": LlamaFactoryRanking,
    "llama_factory_kto": LlamaFactoryKto,
    "ms_swift": MsSwift,
    "slime_sft": SlimeSft,
    "slime_rl": SlimeRl,
    "openrlhf_sft": OpenrlhfSft,
    "openrlhf_preference": OpenrlhfPreference,
    "prime_rl_sft": PrimeRlSft,
    "skyrl_sft": SkyrlSft,
    "skyrl_rl": SkyrlRl,
    "nemo_rl_sft": NemoRlSft,
    "nemo_rl_preference": NemoRlPreference,
    "atif": Atif,
    "agent_traces": AgentTraces,
}
"""All formats by name; an export's parameters are their constructors' arguments."""

__all__ = [
    "TRAINING_FORMATS",
    "Example",
    "Label",
    "PairExample",
    "Part",
    "SampleExample",
    "Span",
    "TaskExample",
    "TrainingExample",
    "TrainingFormat",
    "Unsupported",
    "Written",
    "arrow_rows",
    "encode_jsonl",
    "prompt_messages",
]
