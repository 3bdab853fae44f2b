"""Under which licences what a dataset keeps was given out."""

import polars as pl

from flows.licences.statements import source_licences
from schemas.licences import HUB_OTHER, all_of, hub_id
from warehouse import Warehouse

UNKNOWN_LICENCE = "unknown"
SPDX_ADDRESS = "https://spdx.org/licenses/{}.html"
LICENCE_COLUMNS = ("source_name", "licence", "url")


def kept_licences(house: Warehouse, kept: pl.DataFrame) -> pl.DataFrame:
    """Count kept trajectories by source and licence; a repair is of its parent's raw record.

    Args:
        house: the warehouse as the dataset's curation saw it.
        kept: with `record_id` and `source_name`.

    Returns:
        `source_name`, `licence` (SPDX; null when unknown), `url` (null when unknown), `trajectory_count`, the most first.
    """
    records = house.store.scan("records", columns=["record_id", "source_id"])
    whose = kept.lazy().join(records, on="record_id", how="left")
    licences = source_licences(house).lazy().select("source_id", "licence", "url")
    counted = whose.join(licences, on="source_id", how="left").group_by(LICENCE_COLUMNS)
    return (
        counted.agg(trajectory_count=pl.len())
        .sort("trajectory_count", *LICENCE_COLUMNS, descending=[True, False, False, False])
        .collect()
    )


def common_licence(licences: pl.DataFrame) -> str:
    """Give the licence that holds for the whole: SPDX, `A AND B` for several, `unknown` when any is."""
    known = licences["licence"]
    return UNKNOWN_LICENCE if known.is_empty() or known.null_count() else all_of(known.to_list())


def header_lines(licence: str) -> list[str]:
    """Spell a common licence for the header of a card, in the hub's ids."""
    if licence == UNKNOWN_LICENCE:
        return [f"license: {UNKNOWN_LICENCE}"]
    spelled = hub_id(licence)
    return [f"license: {spelled}", *([f'license_name: "{licence}"'] if spelled == HUB_OTHER else [])]


def croissant_licences(licences: pl.DataFrame) -> str | list[str]:
    """Name the licences as Croissant wants it: the address of an SPDX id, else its words."""
    named = [UNKNOWN_LICENCE if one is None else _address(one) for one in licences["licence"].unique().sort()]
    return named[0] if len(named) == 1 else named or UNKNOWN_LICENCE


def _address(licence: str) -> str:
    is_id = " " not in licence and not licence.startswith("LicenseRef-")
    return SPDX_ADDRESS.format(licence) if is_id else licence
