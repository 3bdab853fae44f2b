"""How many pairs and samples each rule of a recipe made: a rule that makes none is no fault, but should be seen."""

from collections.abc import Iterable

import polars as pl

from curation.decide import Outcome
from curation.inputs import Plan
from warehouse import Warehouse

TABLE_OF = {"pair": "pairs", "label": "samples"}
"""By the key of a recipe, the table that its rules write."""
RULE_COUNTS = pl.Schema({"place": pl.String, "len": pl.UInt32})
"""`place` is key and name of a rule, `pair: sibling_steps`; rules of one name are counted together."""


def counts_of_batch(outcome: Outcome) -> pl.DataFrame:
    """Count what the rules made of one batch, as `RULE_COUNTS`."""
    return _by_rule({"pair": outcome.pairs, "label": outcome.samples})


def stored_counts(house: Warehouse, dataset_id: str) -> pl.DataFrame:
    """Count what a finished dataset has, as `RULE_COUNTS`."""
    return _by_rule(
        {
            key: house.sql(f"SELECT rule FROM {table} WHERE dataset_id = ?", [dataset_id]).to_polars()
            for key, table in TABLE_OF.items()
        }
    )


def sum_counts(plan: Plan, counts: Iterable[pl.DataFrame]) -> dict[str, int]:
    """Add up, in the order of the recipe; a rule that made nothing has 0."""
    whole = pl.concat([RULE_COUNTS.to_frame(), *counts]).group_by("place").agg(pl.col("len").sum())
    found = dict(whole.iter_rows())
    rules = {"pair": plan.pair_rules, "label": plan.label_rules}
    places = [f"{key}: {rule.name}" for key, held in rules.items() for rule in held]
    return {place: found.get(place, 0) for place in places}


def _by_rule(made: dict[str, pl.DataFrame]) -> pl.DataFrame:
    counted = (
        frame.group_by(place=pl.format("{}: {}", pl.lit(key), "rule")).len() for key, frame in made.items()
    )
    return pl.concat([frame.cast(RULE_COUNTS) for frame in counted])
