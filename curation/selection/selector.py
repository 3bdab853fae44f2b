"""What a selector is: one rule over candidates that keeps or drops each, and says why."""

import inspect
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from schemas.errors import RecipeError
from schemas.reasons import DecisionReason

CHOICE_SCHEMA = {"trajectory_id": pl.String, "is_kept": pl.Boolean, "reason": pl.String, "detail": pl.String}


@dataclass(frozen=True, kw_only=True)
class Selector(ABC):
    """Base of all selectors; a member's fields are the parameters that a recipe may give.

    Candidates are one row per trajectory: the columns of `trajectories`, the trajectory and group columns of the
    signals, and `content_fingerprint`.
    """

    name: ClassVar[str]

    @property
    def doc(self) -> str:
        """Say in one line what it keeps: the first line of the class's docstring."""
        return (inspect.getdoc(type(self)) or "").partition("\n")[0]

    @property
    @abstractmethod
    def columns_needed(self) -> tuple[str, ...]:
        """Name the candidate columns that it reads, `trajectory_id` apart."""

    def select(self, candidates: pl.DataFrame) -> pl.DataFrame:
        """Decide about each candidate.

        Returns:
            One row per candidate, sorted by `trajectory_id`: `is_kept`, `reason` (a `DecisionReason` for what is
            dropped, null for what is kept), `detail` (the values that decided, for people).

        Raises:
            RecipeError: the rule reads a column that candidates do not have.
        """
        missing = sorted(set(self.columns_needed) - set(candidates.columns))
        if missing:
            known = ", ".join(sorted(candidates.columns))
            raise RecipeError(
                f"Selector {self.name!r} reads unknown columns: {', '.join(missing)}. Known columns: {known}\n\n"
                "Hint: list the signal that computes the column under `signals` of the recipe"
            )
        judged = self.judge(candidates.sort("trajectory_id"))
        reason = pl.when(~pl.col("is_kept")).then("reason")
        return judged.with_columns(reason=reason).select(
            pl.col(name).cast(dtype) for name, dtype in CHOICE_SCHEMA.items()
        )

    @abstractmethod
    def judge(self, candidates: pl.DataFrame) -> pl.DataFrame:
        """Add `is_kept`, `reason` and `detail` to candidates that are sorted by id; the order must stay."""


def because(reason: DecisionReason) -> pl.Expr:
    """Give a reason as a constant column."""
    return pl.lit(reason.value)
