"""Sources with their licences, and what a user says of them later."""

from dataclasses import dataclass

import polars as pl

from flows.licences.statements import source_licences, user_statement, write_statements
from schemas.errors import SourceNotFoundError
from warehouse import Warehouse

LEAST_ID_CHARS = 6


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a statement was about."""

    source_count: int
    changed_count: int
    """Of these, those of which something else or nothing was said before."""


def list_sources(house: Warehouse) -> pl.DataFrame:
    """List the sources that hold rollouts, replaced ones left out.

    Returns:
        `source_name`, `source_uri`, `source_id`, `trajectory_count`, `licence` (null when unknown), `told_by` and
        `place` of the licence, `url`; by name and place.
    """
    sources = house.store.read("sources").filter(
        pl.col("replaced_by").is_null() & (pl.col("trajectory_count") > 0)
    )
    named = sources.select("source_name", "source_uri", "source_id", "trajectory_count")
    return named.join(source_licences(house), on="source_id", how="left").sort("source_name", "source_uri")


def tell_licence(house: Warehouse, source: str, licence: str, *, url: str | None = None) -> Told:
    """Say under which licence sources were given out.

    Args:
        house: the warehouse.
        source: the id of a source or its first characters, or the name of sources.
        licence: SPDX id, or an id of the Hugging Face hub.
        url: where they are from; what was said before stays when null.

    Raises:
        SourceNotFoundError: there is no such source.
        UnknownNameError: no list has the licence.
        WinnowError: the address is none.
    """
    statement = user_statement(licence, url)
    sources = house.store.read("sources", columns=["source_id", "source_name"])
    is_meant = pl.col("source_name") == source
    if len(source) >= LEAST_ID_CHARS:
        is_meant |= pl.col("source_id").str.starts_with(source)
    ids = sources.filter(is_meant)["source_id"].to_list()
    if not ids:
        known = ", ".join(sources["source_name"].unique().sort()) or "(none)"
        raise SourceNotFoundError(
            f"No source {source!r}. Known names: {known}\n\nHint: `winnow source list` shows names and ids"
        )
    changed = write_statements(house, [(name, statement) for name in ids if statement is not None])
    return Told(source_count=len(ids), changed_count=changed)
