"""Keep the repairs of a failure that make nothing worse, and that no other repair of it beats."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import polars as pl

from curation.selection.selector import Selector, because
from curation.selection.wording import named_values
from schemas.errors import RecipeError
from schemas.reasons import DecisionReason
from schemas.trajectory import Relation

PARENT = "_of_parent"


@dataclass(frozen=True, kw_only=True)
class ParetoRepairs(Selector):
    """Keeps repairs that are valid, better than their parent on an axis, worse on none, and not dominated.

    After FATE (arXiv 2605.11882), which scores several repairs of one failure on four axes; the rule is a
    *reconstruction*. One repair dominates another of the same parent when it is as good or better on all axes and better
    on one; of equal ones each stays. Only repairs that stand beside their parents are judged; all else is kept. A
    repair whose parent is not among the candidates, or with an axis unknown of either, is dropped as not comparable.
    """

    name: ClassVar[str] = "pareto_repairs"

    axes: tuple[str, ...]
    """Columns of numbers or flags where more is better; with a minus before the name, where less is."""
    valid: str | None = None
    """Column that tells whether a repair is valid at all; null: all are."""

    def __post_init__(self) -> None:
        """Refuse a comparison of nothing, or of an axis with itself.

        Raises:
            RecipeError: `axes` is empty, or names a column twice.
        """
        if not self.axes or len(set(self._columns)) < len(self.axes):
            raise RecipeError(f"`axes` must name one or more different columns, got {list(self.axes)!r}.")

    @property
    def columns_needed(self) -> tuple[str, ...]:
        """Name the axes, and what tells repairs."""
        named = (*self._columns, *((self.valid,) if self.valid else ()), "parent_id", "relation")
        return tuple(dict.fromkeys(named))

    def judge(self, candidates: pl.DataFrame) -> pl.DataFrame:
        """Compare each repair with its parent, then the admitted ones of one parent with each other."""
        names = [f"_axis_{number}" for number in range(len(self.axes))]
        signs = [-1.0 if axis.startswith("-") else 1.0 for axis in self.axes]
        values = candidates.with_columns(
            (pl.col(column).cast(pl.Float64) * sign).fill_nan(None).alias(name)
            for column, sign, name in zip(self._columns, signs, names, strict=True)
        )
        parents = values.select(
            parent_id="trajectory_id", **{f"{name}{PARENT}": pl.col(name) for name in names}
        )
        pairs = values.join(parents, on="parent_id", how="left", maintain_order="left")
        judged = pairs.with_columns(reason=self._first_fault(names))
        admitted = judged.filter(_is_repair(), pl.col("reason").is_null())
        dominated = _dominated_ids(admitted, names)
        is_dominated = pl.col("trajectory_id").is_in(dominated.implode())
        reason = (
            pl.when(~_is_repair())
            .then(None)
            .when(is_dominated)
            .then(because(DecisionReason.DOMINATED_BY_OTHER_REPAIR))
            .otherwise("reason")
        )
        return judged.with_columns(reason=reason).with_columns(
            is_kept=pl.col("reason").is_null(), detail=named_values(candidates, self._columns)
        )

    @property
    def _columns(self) -> tuple[str, ...]:
        return tuple(axis.removeprefix("-") for axis in self.axes)

    def _first_fault(self, names: list[str]) -> pl.Expr:
        """Name what rules a repair out by itself; null when nothing does."""
        pairs = [(pl.col(name), pl.col(f"{name}{PARENT}")) for name in names]
        is_valid = (
            pl.col(self.valid).cast(pl.Boolean).fill_null(value=False) if self.valid else pl.lit(value=True)
        )
        is_unknown = pl.any_horizontal((own - parent).is_null() for own, parent in pairs)
        return (
            pl.when(~is_valid)
            .then(because(DecisionReason.REPAIR_NOT_VALID))
            .when(is_unknown)
            .then(because(DecisionReason.REPAIR_NOT_COMPARABLE))
            .when(pl.any_horizontal(own < parent for own, parent in pairs))
            .then(because(DecisionReason.WORSE_THAN_PARENT))
            .when(~pl.any_horizontal(own > parent for own, parent in pairs))
            .then(because(DecisionReason.NOT_BETTER_THAN_PARENT))
        )


def is_dominated(values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Tell which points another point dominates.

    Args:
        values: one row per point, one column per axis; more is better.

    Returns:
        Per point, whether another is as good or better on all axes and better on one.

    Examples:
        >>> is_dominated(np.array([[1.0, 2.0], [2.0, 1.0], [1.0, 1.0], [2.0, 1.0]])).tolist()
        [False, False, True, False]
    """
    others, own = values[:, None, :], values[None, :, :]
    dominates = (others >= own).all(axis=2) & (others > own).any(axis=2)
    return np.asarray(dominates.any(axis=0), dtype=np.bool_)


def _is_repair() -> pl.Expr:
    return pl.col("relation") == Relation.REPAIR.value


def _dominated_ids(admitted: pl.DataFrame, names: list[str]) -> pl.Series:
    parts = admitted.partition_by("parent_id")
    found = [part.filter(pl.Series(is_dominated(part.select(names).to_numpy()))) for part in parts]
    return pl.concat([admitted.clear(), *found])["trajectory_id"]
