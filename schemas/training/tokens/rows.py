"""What a trainer eats: token ids, labels, weights, advantages, one value per token."""

from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from schemas.training.tokens.findings import Finding

Ints: TypeAlias = npt.NDArray[np.int32]
Floats: TypeAlias = npt.NDArray[np.float32]
Bytes: TypeAlias = npt.NDArray[np.int8]

IGNORED = -100
"""Label of a token without loss."""


class TokenKind(IntEnum):
    """Whose words a token is."""

    SCAFFOLD = 0
    """The template's own: headings, role names, tool schemas, the generation prompt."""
    CONTEXT = 1
    """A message of the system, the user or a tool."""
    TEXT = 2
    REASONING = 3
    CALL = 4
    TURN = 5
    """The rest of an assistant's turn: its end token, and what stands between two of its parts."""


@dataclass(frozen=True, kw_only=True)
class TokenRow:
    """One sequence of tokens; all arrays but `borders` have its length."""

    input_ids: Ints
    labels: Ints
    """The token's own id where it carries loss, else -100; not shifted, as trainers shift it themselves."""
    weights: Floats
    """Loss weight, above 0 where trained, else 0."""
    advantages: Floats | None
    """NaN where unknown or not trained; null when no label has one."""
    seqs: Ints
    """`seq` of the message that a token renders; -1 for the template's own."""
    kinds: Bytes
    """A `TokenKind`."""
    borders: Ints
    """Tokens before which the row may be cut: where an assistant's turn begins or has ended, ascending."""
    prompt_count: int
    """Tokens before the first assistant turn: system prompt, tools, first user message."""
    positions: Ints
    """Place of each token in the whole sequence, of which a window is a part."""

    def __len__(self) -> int:
        return len(self.input_ids)

    @property
    def is_trained(self) -> npt.NDArray[np.bool_]:
        """Whether each token carries loss."""
        mask: npt.NDArray[np.bool_] = self.labels != IGNORED
        return mask

    @property
    def trained_count(self) -> int:
        """How many tokens carry loss."""
        return int(np.count_nonzero(self.is_trained))

    def take(self, at: npt.NDArray[np.intp], *, context: npt.NDArray[np.bool_]) -> "TokenRow":
        """Give some of the tokens as a row of their own; those of `context` lose their loss."""
        advantages = self.advantages
        return TokenRow(
            input_ids=self.input_ids[at],
            labels=np.where(context, np.int32(IGNORED), self.labels[at]).astype(np.int32),
            weights=np.where(context, np.float32(0), self.weights[at]).astype(np.float32),
            advantages=None
            if advantages is None
            else np.where(context, np.float32(np.nan), advantages[at]).astype(np.float32),
            seqs=self.seqs[at],
            kinds=self.kinds[at],
            borders=np.flatnonzero(np.isin(at, self.borders)).astype(np.int32),
            prompt_count=int(np.count_nonzero(at < self.prompt_count)),
            positions=self.positions[at],
        )


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """What a conversation became."""

    rows: tuple[TokenRow, ...]
    """One; several when history is rendered as it was sampled; none when the template refused."""
    findings: tuple[Finding, ...] = ()
