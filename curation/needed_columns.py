"""One answer for all rules that read a column which is not there."""

from collections.abc import Iterable

import polars as pl

from curation.nearest_names import did_you_mean
from schemas.errors import RecipeError


def check_needed(rule: str, needed: Iterable[str], rows: pl.DataFrame, *, known: Iterable[str] = ()) -> None:
    """Refuse rows that lack a column which a rule reads.

    Args:
        rule: what reads them, as a sentence begins: `Selector 'tier'`.
        needed: the columns that it reads.
        rows: what it is given.
        known: columns that it also knows, of something else than these rows.

    Raises:
        RecipeError: names what is missing and what is there.

    Examples:
        >>> check_needed("Selector 'tier'", ["quality_tier"], pl.DataFrame({"task_id": []}))
        Traceback (most recent call last):
        schemas.errors.RecipeError: Selector 'tier' reads unknown columns: quality_tier. Known columns: task_id
        <BLANKLINE>
        Hint: list the signal that computes the column under `signals` of the recipe
    """
    missing = sorted(set(needed) - set(rows.columns))
    if missing:
        there = sorted({*rows.columns, *known})
        near = did_you_mean(missing, there)
        listing = "list the signal that computes the column under `signals` of the recipe"
        raise RecipeError(
            f"{rule} reads unknown columns: {', '.join(missing)}. Known columns: {', '.join(there)}\n\n"
            f"Hint: {listing if near is None else f'{near} Else {listing}'}"
        )
