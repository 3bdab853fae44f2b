"""Compare the pairs and the samples of two datasets: which are there, which side is better, by how much."""

from dataclasses import dataclass

import polars as pl

from schemas.tables import TABLES

SAME = "same"
NOT_COMPARED = ("dataset_id", "bucket", "pair_id", "set_id")
"""Columns that say whose row it is, or that follow from the others."""
SIDES = ("chosen", "rejected")
PLACE = ("id", "until", "text")
IDENTITY = "identity"
SHOWN = {
    "pairs": ("task_id", "chosen_id", "rejected_id", "margin"),
    "samples": ("task_id", "trajectory_id", "context_count", "until", "is_good", "value"),
}
"""Columns of each table that a difference shows, as they are in A and in B."""


@dataclass(frozen=True, kw_only=True)
class RowsDiff:
    """How the pairs, or the samples, of dataset B differ from those of dataset A."""

    rows: pl.DataFrame
    """One row per pair or sample that differs: `rule`, `change`, and the columns of `SHOWN` in A and in B, null where
    that dataset does not have it."""
    counts: pl.DataFrame
    """`rule`, `change` (also `same`), `count`; by rule."""

    @property
    def is_same(self) -> bool:
        """Tell whether both have the same, with the same values."""
        return self.rows.is_empty()

    @property
    def figures(self) -> dict[str, int]:
        """Count what either has, and what of it differs."""
        return {"row_count": int(self.counts["count"].sum()), "changed_count": self.rows.height}


def joined(parts: list[RowsDiff], table: str) -> RowsDiff:
    """Put the comparisons of disjoint parts together."""
    empty = compare_rows(_nothing(table), _nothing(table), table)
    both = [empty, *parts]
    counts = pl.concat([part.counts for part in both]).group_by("rule", "change").agg(pl.col("count").sum())
    return RowsDiff(
        rows=pl.concat([part.rows for part in both]).sort("rule", "change", maintain_order=True),
        counts=counts.sort("rule", "change"),
    )


def compare_rows(first: pl.LazyFrame, second: pl.LazyFrame, table: str) -> RowsDiff:
    """Compare rows of `pairs` or of `samples`.

    A pair is known by its rule and its two places, whichever is better. Its `change` is `only_a`, `only_b`, `sides` (the
    other one is better), `margin`, or `other`; a sample's `only_a`, `only_b`, `label`, `value`, or `other`.
    """
    names = [name for name in TABLES[table].column_names if name not in {*NOT_COMPARED, "rule"}]
    a, b = (
        _identified(rows, table).select(
            "rule", IDENTITY, *(pl.col(name).alias(f"{side}_{name}") for name in names)
        )
        for side, rows in (("a", first), ("b", second))
    )
    both = a.with_columns(is_in_a=True).join(
        b.with_columns(is_in_b=True),
        on=["rule", IDENTITY],
        how="full",
        coalesce=True,
        maintain_order="left_right",
    )
    told = both.with_columns(change=_change(table, names)).sort("rule", "change", IDENTITY).collect()
    shown = [f"{side}_{name}" for name in SHOWN[table] for side in "ab"]
    return RowsDiff(
        rows=told.filter(pl.col("change") != SAME).select("rule", "change", *shown),
        counts=told.group_by("rule", "change").len("count").sort("rule", "change"),
    )


def _change(table: str, names: list[str]) -> pl.Expr:
    first, second = ("sides", "margin") if table == "pairs" else ("label", "value")
    decisive = [f"{side}_{part}" for side in SIDES for part in PLACE] if table == "pairs" else ["is_good"]
    return (
        pl.when(pl.col("is_in_b").is_null())
        .then(pl.lit("only_a"))
        .when(pl.col("is_in_a").is_null())
        .then(pl.lit("only_b"))
        .when(_differs([name for name in decisive if name in names]))
        .then(pl.lit(first))
        .when(_differs([second]))
        .then(pl.lit(second))
        .when(_differs(names))
        .then(pl.lit("other"))
        .otherwise(pl.lit(SAME))
    )


def _differs(names: list[str]) -> pl.Expr:
    return pl.any_horizontal(pl.col(f"a_{name}").ne_missing(pl.col(f"b_{name}")) for name in names)


def _identified(rows: pl.LazyFrame, table: str) -> pl.LazyFrame:
    """Add what a row is known by; of several alike, their order tells them apart."""
    if table == "samples":
        return rows.with_columns(pl.col("sample_id").alias(IDENTITY))
    there = set(TABLES[table].column_names)
    places = [
        pl.concat_str(
            [
                pl.col(name).cast(pl.String).fill_null("")
                for part in PLACE
                if (name := f"{side}_{part}") in there
            ],
            separator="\0",
        )
        for side in SIDES
    ]
    known = pl.concat_str(pl.min_horizontal(places), pl.max_horizontal(places), separator="\0")
    numbered = rows.sort("context_count", "pair_id").with_columns(known.alias(IDENTITY))
    order = pl.int_range(pl.len()).over("rule", IDENTITY).cast(pl.String)
    return numbered.with_columns(pl.concat_str(IDENTITY, order, separator="\0").alias(IDENTITY))


def _nothing(table: str) -> pl.LazyFrame:
    return pl.DataFrame(TABLES[table].arrow_schema.empty_table()).lazy()
