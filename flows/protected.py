"""Protected sets: the texts that recipes name under `against`, read from the warehouse and given to the rules."""

from collections.abc import Sequence

import polars as pl

from curation.decontamination.protected import PROTECTED_SCHEMA
from curation.selection.decontaminate import Decontaminate
from curation.selection.selector import Selector
from flows.task_texts import read_all_texts, read_told
from schemas.errors import UnknownNameError
from schemas.identity import digest
from warehouse import Warehouse

BENCHMARK_PREFIX = "benchmark:"
"""Before the name of a benchmark whose tasks lie in the warehouse."""


def bind_protected(
    house: Warehouse, selectors: Sequence[Selector], *, where: str
) -> tuple[tuple[Selector, ...], tuple[str, ...]]:
    """Give the rules that need them the texts of the protected sets that they name.

    Args:
        house: where the texts are.
        selectors: rules, in the order of the recipe.
        where: the recipe, for messages.

    Returns:
        The rules, and a digest of what each of those was given: the dataset depends on it.

    Raises:
        UnknownNameError: a rule names a set that is not there.
    """
    bound, digests = list[Selector](), list[str]()
    for number, selector in enumerate(selectors, start=1):
        if not isinstance(selector, Decontaminate):
            bound.append(selector)
            continue
        place = f"rule {number} {selector.name!r} under `select` of {where}"
        protected = read_protected(house, selector.against, where=place)
        bound.append(selector.bound_to(protected, read_told(house)))
        digests.append(digest(*protected["protected_id"].unique().sort()))
    return tuple(bound), tuple(digests)


def read_protected(house: Warehouse, names: Sequence[str], *, where: str) -> pl.DataFrame:
    """Read protected sets.

    Args:
        house: where the texts are.
        names: `benchmark:NAME`, or a name that was given to `winnow protect`.
        where: who asks, for messages.

    Returns:
        Rows under `PROTECTED_SCHEMA`; `text` is null where only the name of a task is known.

    Raises:
        UnknownNameError: there is no such set.
    """
    known = known_sets(house)
    for name in names:
        if name not in known:
            raise UnknownNameError.from_name("protected set", name, known, where=where)
    benchmarks = [
        named_texts(read_all_texts(house, name.removeprefix(BENCHMARK_PREFIX)))
        for name in names
        if name.startswith(BENCHMARK_PREFIX)
    ]
    stored = house.store.read("protected_texts").filter(pl.col("set_name").is_in(list(names)))
    texts = pl.concat([*benchmarks, stored.select(PROTECTED_SCHEMA.names())])
    return texts.unique().sort("protected_id")


def known_sets(house: Warehouse) -> list[str]:
    """Name the protected sets of a warehouse."""
    benchmarks = house.store.read("tasks", columns=["benchmark"])["benchmark"].unique().sort()
    stored = house.store.read("protected_texts", columns=["set_name"])["set_name"].unique().sort()
    return [*(f"{BENCHMARK_PREFIX}{name}" for name in benchmarks), *stored]


def named_texts(texts: pl.DataFrame) -> pl.DataFrame:
    """Add `protected_id` to texts with `benchmark` and `task_key`, and give them under `PROTECTED_SCHEMA`."""
    rows = texts.select("benchmark", "task_key", "text")
    ids = [digest("protected", *row) for row in rows.iter_rows()]
    return rows.with_columns(protected_id=pl.Series(ids, dtype=pl.String)).select(PROTECTED_SCHEMA.names())
