"""What a selector is: one rule over candidates that keeps or drops each, and says why."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from curation.described import Described
from curation.needed_columns import check_needed
from schemas.errors import RecipeError
from schemas.reasons import DecisionReason

CHOICE_SCHEMA = {
    "trajectory_id": pl.String,
    "is_kept": pl.Boolean,
    "reason": pl.String,
    "detail": pl.String,
    "inclusion_probability": pl.Float64,
}

MessageReader = Callable[[pl.Series], pl.DataFrame]
"""Gives the rows of `messages` of some candidates, by their ids, repaired ones included.

Each call reads the buckets that the ids lie in: ask for the ids of one `bucket` (a column that candidates always have)
at a time, and memory stays bounded by a bucket.
"""


def refuse_messages(trajectory_ids: pl.Series) -> pl.DataFrame:
    """Stand for the reader where a rule is tried on candidates alone.

    Raises:
        RecipeError: always.
    """
    raise RecipeError(
        f"The words of {len(trajectory_ids)} candidates were asked for, but none are at hand here."
    )


@dataclass(frozen=True, kw_only=True)
class Selector(Described, ABC):
    """Base of all selectors; a member's fields are the parameters that a recipe may give.

    Candidates are one row per trajectory: the columns of `trajectories`, `benchmark` and `task_key` of its task, the
    trajectory and group columns of the signals, and `content_fingerprint`.
    """

    name: ClassVar[str]

    @property
    def spans_tasks(self) -> bool:
        """Tell whether it must see the candidates of all tasks at once; else a batch of whole tasks will do."""
        return False

    @property
    @abstractmethod
    def columns_needed(self) -> tuple[str, ...]:
        """Name the candidate columns that it reads, `trajectory_id` apart."""

    def select(
        self, candidates: pl.DataFrame, read_messages: MessageReader = refuse_messages
    ) -> pl.DataFrame:
        """Decide about each candidate.

        Args:
            candidates: one row per trajectory, in any order.
            read_messages: gives the words of candidates to the rules that read them.

        Returns:
            One row per candidate, sorted by `trajectory_id`: `is_kept`, `reason` (a `DecisionReason` for what is
            dropped, null for what is kept), `detail` (the values that decided, for people),
            `inclusion_probability` (the chance that the rule had of keeping it; null when it draws no lots).

        Raises:
            RecipeError: the rule reads a column that candidates do not have.
        """
        self.check_columns(candidates)
        judged = self._judged(candidates.sort("trajectory_id"), read_messages)
        if "inclusion_probability" not in judged.columns:
            judged = judged.with_columns(inclusion_probability=pl.lit(None))
        reason = pl.when(~pl.col("is_kept")).then("reason")
        return judged.with_columns(reason=reason).select(
            pl.col(name).cast(dtype) for name, dtype in CHOICE_SCHEMA.items()
        )

    def check_columns(self, candidates: pl.DataFrame) -> None:
        """Refuse candidates that lack a column which the rule reads.

        Raises:
            RecipeError: names what is missing and what is there.
        """
        check_needed(f"Selector {self.name!r}", self.columns_needed, candidates)

    @abstractmethod
    def judge(self, candidates: pl.DataFrame) -> pl.DataFrame:
        """Add `is_kept`, `reason` and `detail` to candidates that are sorted by id; the order must stay.

        A rule that draws lots adds `inclusion_probability` too.
        """

    def _judged(self, candidates: pl.DataFrame, read_messages: MessageReader) -> pl.DataFrame:  # noqa: ARG002  # corpus rules read
        return self.judge(candidates)


@dataclass(frozen=True, kw_only=True)
class CorpusSelector(Selector):
    """Base of rules that compare the candidates of all tasks, and may read their words.

    From the first such rule of a recipe on, candidates have only `trajectory_id`, `task_id`, `bucket` and the columns
    that the remaining rules need: they are the rows of a whole corpus.
    """

    @property
    def spans_tasks(self) -> bool:
        """Always."""
        return True

    def judge(self, candidates: pl.DataFrame) -> pl.DataFrame:
        """Judge candidates whose words are not at hand."""
        return self.judge_corpus(candidates, refuse_messages)

    @abstractmethod
    def judge_corpus(self, candidates: pl.DataFrame, read_messages: MessageReader) -> pl.DataFrame:
        """Do what `judge` does, over the candidates of the whole corpus, sorted by id."""

    def _judged(self, candidates: pl.DataFrame, read_messages: MessageReader) -> pl.DataFrame:
        return self.judge_corpus(candidates, read_messages)


def because(reason: DecisionReason) -> pl.Expr:
    """Give a reason as a constant column."""
    return pl.lit(reason.value)
