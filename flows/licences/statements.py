"""Statements about licences: rows of `licences`, and what of them counts for a source."""

from collections.abc import Iterable
from urllib.parse import urlsplit

import polars as pl

from flows.licences.finding import Found
from flows.sources.places import STORED_PLACE
from schemas.errors import WinnowError
from schemas.identity import digest
from schemas.licences import NO_ASSERTION, known_licence
from schemas.rows import Row, arrow_table
from warehouse import Warehouse

USER, SOURCE = "user", "source"


def user_statement(licence: str | None, url: str | None) -> Row | None:
    """Check what a user says of sources; null when nothing is said.

    Raises:
        UnknownNameError: no list has the licence.
        WinnowError: the address is none.
    """
    if url is not None and not urlsplit(url).scheme:
        raise WinnowError(
            f"The source's address {url!r} has no scheme.\n\nHint: write https://..., or another address with its scheme"
        )
    if licence is None and url is None:
        return None
    known = None if licence is None else known_licence(licence)
    return {"told_by": USER, "licence": known, "url": url, "place": None, "said": None}


def found_statement(found: Found) -> Row:
    """Give the row of what a source says itself, without the source."""
    said = found.said
    return {
        "told_by": SOURCE,
        "licence": said.licence,
        "url": said.url,
        "place": found.place,
        "said": said.said,
    }


def write_statements(house: Warehouse, statements: Iterable[tuple[str, Row]]) -> int:
    """Store what is said of sources, by their ids; a party's later word takes the place of its former one.

    What the user does not say again stays: an address without a licence leaves the licence as it was.

    Returns:
        How many rows are new or differ.
    """
    rows = {(source_id, row["told_by"]): {"source_id": source_id, **row} for source_id, row in statements}
    if not rows:
        return 0
    held = {(row["source_id"], row["told_by"]): row for row in house.store.read("licences").to_dicts()}
    merged = {key: _after(held.get(key), row) for key, row in rows.items()}
    fresh = [row for key, row in merged.items() if row != held.get(key)]
    if fresh:
        house.store.upsert("licences", arrow_table("licences", fresh), update=True)
    return len(fresh)


def _after(former: Row | None, row: Row) -> Row:
    if former is None or row["told_by"] != USER:
        return row
    return row | {name: former[name] for name in ("licence", "url") if row[name] is None}


def sources_at(house: Warehouse, places: Iterable[str]) -> dict[str, list[str]]:
    """Give the ids of all sources that were read at some places, replaced ones included, by place."""
    rows = house.store.scan("sources", columns=["source_uri", "place", "source_id"]).select(
        "source_id", place=STORED_PLACE
    )
    placed = rows.filter(pl.col("place").is_in(list(places))).group_by("place")
    return dict(placed.agg(pl.col("source_id").sort()).collect().iter_rows())


def source_licences(house: Warehouse) -> pl.DataFrame:
    """Give what counts for each source of which anything is said: the user's word before that of its own files.

    Returns:
        `source_id`, `licence` (SPDX; null when unknown), `url`, `told_by` and `place` of the licence; by source.
    """
    rows = house.store.read("licences")
    user, source = (rows.filter(pl.col("told_by") == party) for party in (USER, SOURCE))
    both = user.join(source, on="source_id", how="full", coalesce=True, suffix="_found")
    is_users = pl.col("licence").is_not_null()
    licence = pl.coalesce("licence", "licence_found")
    return both.select(
        "source_id",
        licence=pl.when(licence != NO_ASSERTION).then(licence),
        url=pl.coalesce("url", "url_found"),
        told_by=pl.when(is_users)
        .then(pl.lit(USER))
        .when(pl.col("told_by_found").is_not_null())
        .then(pl.lit(SOURCE)),
        place=pl.when(~is_users).then("place_found"),
    ).sort("source_id")


def record_licences(house: Warehouse, known: pl.DataFrame | None = None) -> pl.DataFrame:
    """Give `record_id` and `licence` of each record whose source has a known licence."""
    licences = (
        (source_licences(house) if known is None else known).select("source_id", "licence").drop_nulls()
    )
    records = house.store.scan("records", columns=["record_id", "source_id"])
    return records.join(licences.lazy(), on="source_id").select("record_id", "licence").collect()


def licences_digest(house: Warehouse) -> tuple[str, ...]:
    """Hash what is said of licences, for what depends on it; nothing when nothing is said."""
    known = source_licences(house)
    parts = (part or "" for row in known.iter_rows() for part in row)
    return () if known.is_empty() else (digest("licences", *parts),)
