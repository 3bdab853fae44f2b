"""Upkeep: what keeps a warehouse quick, small and right."""

from dataclasses import dataclass
from pathlib import Path

from prefect import flow

from flows import progress
from flows.runs import recorded
from warehouse import Warehouse
from warehouse.integrity import check
from warehouse.upkeep import RETENTION_HOURS, compact, sweep, vacuum

STAGE = "upkeep"


@dataclass(frozen=True, kw_only=True)
class UpkeepReport:
    """What was tidied up, and what does not add up."""

    compacted_file_count: int
    """Small files that were merged away."""
    vacuumed_file_count: int
    """Files of past versions that were deleted."""
    swept_file_count: int
    """Files that killed writers had left."""
    findings: list[str]
    """Breaches of integrity, one line each; none when all is well."""


@flow(name="upkeep")
@recorded
def upkeep(*, warehouse: Path, retain_hours: int = RETENTION_HOURS) -> UpkeepReport:
    """Compact, vacuum, sweep, and check integrity.

    Args:
        warehouse: folder of the store.
        retain_hours: past versions younger than this stay readable.
    """
    house = Warehouse(warehouse)
    swept = sweep(house)
    tables = house.store.table_names()
    progress.start(STAGE, len(tables), "tables")
    compacted, vacuumed = 0, 0
    for table in tables:
        compacted += compact(house, table)
        vacuumed += len(vacuum(house, table, retention_hours=retain_hours))
        progress.advance(STAGE)
    return UpkeepReport(
        compacted_file_count=compacted,
        vacuumed_file_count=vacuumed,
        swept_file_count=swept.height,
        findings=[" ".join(map(str, row)) for row in check(house).iter_rows()],
    )
