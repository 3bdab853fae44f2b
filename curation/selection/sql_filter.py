"""Keep what an SQL predicate holds for."""

import re
from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from curation.selection.selector import Selector, because
from schemas.errors import RecipeError
from schemas.reasons import DecisionReason

QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*\"""")
SUBQUERY = re.compile(r"\bselect\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class SqlFilter(Selector):
    """Keeps trajectories for which `where` is true; unknown (null) is not true.

    The dialect is that of Polars: comparisons, AND/OR/NOT, IN, BETWEEN, LIKE, IS NULL, CASE and scalar functions.
    """

    name: ClassVar[str] = "sql_filter"

    where: str
    """The predicate over candidate columns."""

    def __post_init__(self) -> None:
        """Refuse what is no expression.

        Raises:
            RecipeError: with the parser's words.
        """
        self._predicate()

    @property
    def columns_needed(self) -> tuple[str, ...]:
        """Name the columns that the predicate mentions."""
        return tuple(sorted(set(self._predicate().meta.root_names())))

    def judge(self, candidates: pl.DataFrame) -> pl.DataFrame:
        """Evaluate the predicate.

        Raises:
            RecipeError: it cannot be evaluated, or its value is no truth value.
        """
        try:
            judged = candidates.with_columns(is_kept=self._predicate())
        except pl.exceptions.PolarsError as exc:
            raise RecipeError(f"`where` {self.where!r} cannot be evaluated: {exc}") from exc
        if judged.schema["is_kept"] != pl.Boolean:
            raise RecipeError(
                f"`where` must be true or false, but {self.where!r} gives {judged.schema['is_kept']}."
            )
        values = [
            pl.format(f"{name}={{}}", pl.col(name).cast(pl.String).fill_null("null"))
            for name in self.columns_needed
        ]
        return judged.with_columns(
            pl.col("is_kept").fill_null(value=False),
            reason=because(DecisionReason.NOT_MATCHED_BY_FILTER),
            detail=pl.concat_str([pl.lit(self.where), *values], separator="; "),
        )

    def _predicate(self) -> pl.Expr:
        # Polars would run a subquery while it parses, and one may read any file: a recipe has no business there.
        if SUBQUERY.search(QUOTED.sub("", self.where)):
            raise RecipeError(
                f"`where` {self.where!r} must be an expression over columns, without a subquery."
            )
        try:
            return pl.sql_expr(self.where)
        except pl.exceptions.PolarsError as exc:
            raise RecipeError(f"`where` {self.where!r} is not an SQL predicate: {exc}") from exc
