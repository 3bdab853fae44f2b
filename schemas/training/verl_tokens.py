"""Token rows for verl's SFT trainer: exact for any template, with a dataset class for `data.custom_cls` beside them.

Read against verl 0.9.1. verl's own dataset renders message by message and stops where that is not the whole, as with
Qwen3's thinking template; the class in `winnow_verl_tokens.py` reads ids and labels as they are and pads them as verl
does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from schemas.training import losses
from schemas.training.examples import TrainingExample
from schemas.training.tokens_format import Tokens
from schemas.training.verl_dataset import TOKENS_FILE, TOKENS_SOURCE


@dataclass(frozen=True, kw_only=True)
class VerlTokens(Tokens):
    """The rows of `tokens`, for verl."""

    name: ClassVar = "verl_tokens"
    version: ClassVar = "2"

    def changes(self, example: TrainingExample) -> dict[str, int]:
        """Count weights too: verl's mask is 0 or 1."""
        weighted = losses.present({"loss_weight": losses.count_weighted(example)})
        return super().changes(example) | weighted

    def side_files(self, name: str, files: Mapping[str, Sequence[str]]) -> dict[str, bytes]:
        """Write the dataset class, whatever the dataset."""
        del name, files
        return {TOKENS_FILE: TOKENS_SOURCE.encode()}
