"""Mask characters that a pattern matches."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

import polars as pl

from curation.scene import Scene
from curation.training.labels import mask_spans
from curation.training.loss_rule import LossRule
from curation.training.text_parts import text_parts
from schemas.errors import RecipeError
from schemas.reasons import TrainReason


@dataclass(frozen=True, kw_only=True)
class MaskTextMatching(LossRule):
    """Masks the characters that a pattern matches, and nothing else of a message.

    Ours. For what may be read but should not be written: boilerplate, reasoning inside the words
    (`(?s)<think>.*?</think>`), names.
    """

    name: ClassVar[str] = "mask_text_matching"

    pattern: str
    """A regular expression of Python; flags stand inside it, `(?i)`."""
    parts: tuple[Literal["text", "reasoning", "call"], ...] = ("text", "reasoning", "call")
    """Where to look; `call` is the raw arguments of a call."""

    def __post_init__(self) -> None:
        """Refuse what is no pattern, and one that matches nothing at all.

        Raises:
            RecipeError: with the words of Python's parser.
        """
        try:
            matches_nothing = re.compile(self.pattern).match("") is not None
        except re.error as exc:
            raise RecipeError(f"`pattern` {self.pattern!r} is no regular expression: {exc}") from exc
        if matches_nothing:
            raise RecipeError(f"`pattern` {self.pattern!r} matches where there is no character.")

    def apply(self, labels: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        """Find the matches in what may be trained, and mask them."""
        candidates = labels.filter("may_train")
        own = scene.frames.messages.join(candidates, on=["trajectory_id", "seq"], how="semi")
        texts = text_parts(own).filter(pl.col("part").is_in(self.parts))
        spans = pl.DataFrame(
            list(self._found(texts)), schema={**_PLACE, "begin": pl.Int64, "end": pl.Int64}, orient="row"
        )
        return mask_spans(labels, spans, TrainReason.TEXT_MATCHED_MASK)

    def _found(self, texts: pl.DataFrame) -> Iterator[tuple[str, int, str, int | None, int, int]]:
        pattern = re.compile(self.pattern)
        for trajectory_id, seq, part, call, content in texts.iter_rows():
            for match in pattern.finditer(content):
                if match.end() > match.start():
                    yield trajectory_id, seq, part, call, match.start(), match.end()


_PLACE = {"trajectory_id": pl.String, "seq": pl.Int64, "part": pl.String, "call": pl.Int64}
