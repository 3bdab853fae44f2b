"""Keep what was given out under licences that one accepts."""

from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal

import polars as pl

from curation.parameters import BOUND
from curation.selection.selector import Selector, because
from schemas.errors import RecipeError, UnknownNameError
from schemas.licences import is_allowed, known_licence
from schemas.reasons import DecisionReason


@dataclass(frozen=True, kw_only=True)
class Licences(Selector):
    """Keeps trajectories whose source is under one of the licences allowed.

    Licences are what the user or the source itself said at ingest, see docs/datasets.md. Of `A AND B` both must be
    allowed, of `A OR B` one. A repair is under the licence of its parent's source.
    """

    name: ClassVar[str] = "licences"

    allowed: tuple[str, ...]
    """SPDX ids, in any case: MIT, Apache-2.0, CC-BY-4.0 ..."""
    unknown: Literal["drop", "keep"] = "drop"
    """What becomes of trajectories whose source's licence nobody knows."""
    records: pl.DataFrame | None = field(default=None, repr=False, compare=False, metadata=BOUND)
    """`record_id` and `licence` of each raw record whose licence is known."""

    def __post_init__(self) -> None:
        """Refuse a list that allows nothing, and ids that no list knows.

        Raises:
            RecipeError: see the message.
        """
        if not self.allowed:
            raise RecipeError("`allowed` must name at least one licence.")
        try:
            self._known()
        except UnknownNameError as exc:
            raise RecipeError(f"`allowed`: {exc}") from exc

    @property
    def columns_needed(self) -> tuple[str, ...]:
        """Name the raw record, which the licence goes by."""
        return ("record_id",)

    def bound_to(self, records: pl.DataFrame) -> "Licences":
        """Give the rule the licences of the warehouse's records."""
        return replace(self, records=records)

    def judge(self, candidates: pl.DataFrame) -> pl.DataFrame:
        """Look each record's licence up.

        Raises:
            RecipeError: the rule was given no licences.
        """
        if self.records is None:
            if candidates.is_empty():  # a plan is tried on nothing before anything is read
                return candidates.with_columns(is_kept=pl.lit(True), reason=pl.lit(None), detail=pl.lit(None))
            raise RecipeError(f"Selector {self.name!r} was given no licences.")
        known = self._known()
        judged = candidates.join(
            self.records.rename({"licence": "_licence"}), on="record_id", how="left", maintain_order="left"
        )
        covered = [one for one in judged["_licence"].drop_nulls().unique() if is_allowed(one, known)]
        licence = pl.col("_licence")
        return judged.with_columns(
            is_kept=licence.is_in(covered).fill_null(value=self.unknown == "keep"),
            reason=pl.when(licence.is_null())
            .then(because(DecisionReason.LICENCE_UNKNOWN))
            .otherwise(because(DecisionReason.LICENCE_NOT_ALLOWED)),
            detail=pl.format(
                "licence={}; allowed: {}", licence.fill_null("null"), pl.lit(", ".join(sorted(known)))
            ),
        ).drop("_licence")

    def _known(self) -> frozenset[str]:
        return frozenset(map(known_licence, self.allowed))
