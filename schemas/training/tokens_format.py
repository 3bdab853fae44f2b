"""Token rows: `input_ids` and `labels` as a trainer feeds them to the model, with masks, weights and advantages exact.

The one form that carries everything that labels say, for any trainer that takes tokenised rows: TRL and Axolotl read
`input_ids`, `labels` and `attention_mask` as they are; `weights` and `advantages` are for trainers of one's own.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

import pyarrow as pa

from schemas.recipe import BOUND
from schemas.training import losses
from schemas.training.examples import TrainingExample
from schemas.training.format import Row, TrainingFormat
from schemas.training.tokens import (
    UNTRAINED,
    Conversation,
    FindingKind,
    Rendered,
    TokenRenderer,
    TokenRow,
    cut_windows,
)

_IDS = pa.list_(pa.int32())


@dataclass(frozen=True, kw_only=True)
class Tokens(TrainingFormat[TrainingExample]):
    """Rows of token ids with labels, rendered by a chat template; see docs/token-rendering.md."""

    name: ClassVar = "tokens"
    version: ClassVar = "2"
    unit: ClassVar = "trajectory"
    suffix: ClassVar = "parquet"
    is_tokenised: ClassVar = True

    tokenizer: str
    """Folder of the tokenizer, as transformers saves it."""
    chat_template: str | None = None
    """File of another template; null means the tokenizer's own."""
    history: Literal["as_rendered", "as_sampled"] = "as_rendered"
    """One row per trajectory as the template renders it whole; or as many as it takes for each trained turn to stand
    behind the very text that the policy would see."""
    train_eos: Literal["token", "turn", "none"] = "token"
    """How much of a turn's end is trained with it."""
    max_tokens: int | None = None
    """Longest row; a longer one is cut into windows that keep the loss of each token once. Null means no limit."""
    overlap: int = 0
    """Tokens before a window that are repeated as context."""
    renderer: TokenRenderer | None = field(default=None, repr=False, compare=False, metadata=BOUND)
    """The tokenizer and its template, loaded."""
    last: list[tuple[TrainingExample, Rendered]] = field(
        default_factory=list, repr=False, compare=False, metadata=BOUND
    )
    """The example that was rendered last: it is asked about three times, and rendered once."""

    @property
    def arrow_schema(self) -> pa.Schema:
        """Columns: ids, labels (-100: no loss), mask, weights, advantages (NaN: unknown), window, and whose they are."""
        columns: dict[str, pa.DataType] = {
            "input_ids": _IDS,
            "labels": _IDS,
            "attention_mask": pa.list_(pa.int8()),
            "weights": pa.list_(pa.float32()),
            "advantages": pa.list_(pa.float32()),
            "trajectory_id": pa.string(),
            "task_id": pa.string(),
            "part": pa.int32(),
        }
        return pa.schema(columns)

    def rows(self, example: TrainingExample) -> list[Row]:
        """Write the windows of each row; those without a trained token are left out."""
        pieces = [piece for row in self._rendered(example).rows for piece in self._windows(row)]
        return [
            _row(piece, example, part=part)
            for part, piece in enumerate(piece for piece in pieces if piece.trained_count)
        ]

    def changes(self, example: TrainingExample) -> dict[str, int]:
        """Count what should be trained and cannot be, because of what the template does with it, and broken arguments."""
        found = _counted(self._rendered(example), is_untrained=True)
        if FindingKind.ARGUMENTS_NOT_JSON in found:
            return found
        return found | losses.present({"unparsable_arguments": losses.count_unparsable_arguments(example)})

    def losses(self, example: TrainingExample) -> dict[str, int]:
        """Count what the template drops or spells otherwise, and messages behind the last trained one."""
        found = _counted(self._rendered(example), is_untrained=False)
        return losses.present(found | {"trailing_context_messages": example.trailing_count})

    def _rendered(self, example: TrainingExample) -> Rendered:
        if self.renderer is None:
            raise ValueError(
                f"{self.name!r} has no renderer: its tokenizer {self.tokenizer!r} was not loaded"
            )
        if not self.last or self.last[0][0] is not example:
            conversation = Conversation.from_example(example)
            rendered = self.renderer.render(conversation.messages, conversation.tools, conversation.labels)
            self.last[:] = [(example, rendered)]
        return self.last[0][1]

    def _windows(self, row: TokenRow) -> tuple[TokenRow, ...]:
        if self.max_tokens is None:
            return (row,)
        return cut_windows(row, max_tokens=self.max_tokens, overlap=self.overlap).rows


def _counted(rendered: Rendered, *, is_untrained: bool) -> dict[str, int]:
    counts: dict[str, int] = {}
    for finding in rendered.findings:
        if (finding.kind in UNTRAINED) == is_untrained:
            counts[finding.kind.value] = counts.get(finding.kind.value, 0) + finding.count
    return counts


def _row(row: TokenRow, example: TrainingExample, *, part: int) -> Row:
    return {
        "input_ids": row.input_ids.tolist(),
        "labels": row.labels.tolist(),
        "attention_mask": [1] * len(row),
        "weights": row.weights.tolist(),
        "advantages": None if row.advantages is None else row.advantages.tolist(),
        "trajectory_id": example.trajectory.trajectory_id,
        "task_id": example.trajectory.task.task_id,
        "part": part,
    }
