"""Tokenise texts whose characters are labelled; a token is trained when all of its characters are."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from schemas.errors import RecipeError
from schemas.training.tokens.rows import IGNORED, Floats, Ints, TokenRow
from schemas.training.tokens.templates import ChatTokenizer


@dataclass(frozen=True, kw_only=True)
class LabelledText:
    """A rendered conversation; each array has one value per character."""

    text: str
    weights: Floats
    advantages: Floats | None
    seqs: Ints
    kinds: npt.NDArray[np.int8]
    borders: Sequence[int]
    """Characters before which the row may be cut."""
    prompt_end: int
    """Characters before the first assistant turn."""


class Encoder:
    """A tokenizer of our own making from the user's: nothing is cut, padded or added, offsets keep their spaces.

    Args:
        tokenizer: a fast `transformers` tokenizer.

    Raises:
        RecipeError: it is not a fast one, and so cannot say which characters a token stands for.
    """

    def __init__(self, tokenizer: ChatTokenizer) -> None:
        backend = getattr(tokenizer, "backend_tokenizer", None)
        if backend is None or not hasattr(backend, "encode_batch"):
            raise RecipeError(
                f"The tokenizer {type(tokenizer).__name__!r} gives no offsets. Allowed are fast tokenizers.\n\n"
                "Hint: load it with `AutoTokenizer.from_pretrained(NAME, use_fast=True)`"
            )
        told = json.loads(backend.to_str())
        _keep_spaces(told)
        told["truncation"] = told["padding"] = None
        self._backend = type(backend).from_str(json.dumps(told))

    def encode(self, texts: Sequence[LabelledText]) -> list[tuple[TokenRow, int]]:
        """Tokenise, and label each token; with each row comes how many tokens straddle a border of the loss."""
        encodings = self._backend.encode_batch([text.text for text in texts], add_special_tokens=False)
        return [_row(text, encoding) for text, encoding in zip(texts, encodings, strict=True)]


def _keep_spaces(told: Any) -> None:
    """Turn off what leaves a token's spaces out of its offsets, wherever in the tokenizer's JSON it is."""
    if isinstance(told, dict):
        if "trim_offsets" in told:
            told["trim_offsets"] = False
        for key, value in told.items():
            if key not in {"model", "added_tokens"}:
                _keep_spaces(value)
    elif isinstance(told, list):
        for value in told:
            _keep_spaces(value)


def _row(labelled: LabelledText, encoding: Any) -> tuple[TokenRow, int]:
    ids = np.array(encoding.ids, dtype=np.int32)
    flat = chain.from_iterable(encoding.offsets)
    offsets = np.fromiter(flat, dtype=np.int32, count=2 * len(ids)).reshape(-1, 2)
    begins, ends = offsets[:, 0], offsets[:, 1]
    trained_before = np.concatenate(([0], np.cumsum(labelled.weights > 0)))
    trained = trained_before[ends] - trained_before[begins]
    is_trained = (trained == ends - begins) & (ends > begins)
    at = np.minimum(begins, max(len(labelled.text) - 1, 0))
    last = np.maximum(at, ends - 1)
    row = TokenRow(
        input_ids=ids,
        labels=np.where(is_trained, ids, IGNORED).astype(np.int32),
        weights=np.where(is_trained, labelled.weights[at], 0).astype(np.float32),
        advantages=None
        if labelled.advantages is None
        else np.where(is_trained, labelled.advantages[at], np.nan).astype(np.float32),
        seqs=np.where(is_trained, labelled.seqs[at], labelled.seqs[last]).astype(np.int32),
        kinds=np.where(is_trained, labelled.kinds[at], labelled.kinds[last]).astype(np.int8),
        borders=np.unique(np.searchsorted(begins, labelled.borders)).astype(np.int32),
        prompt_count=int(np.searchsorted(begins, labelled.prompt_end)),
        positions=np.arange(len(ids), dtype=np.int32),
    )
    return row, int(np.count_nonzero((trained > 0) & ~is_trained))
