"""What an ingest leaves to say: figures per format, refusals with advice, scores that found no rollout."""

from pathlib import Path

import pyarrow as pa

from flows.rejects import grouped_rejects
from warehouse import Warehouse
from warehouse.queries import named_query


def after_ingest(warehouse: Path) -> dict[str, pa.Table]:
    """Give the tables to show by title; those without rows are left out."""
    house = Warehouse(warehouse)
    tables = {
        "in the warehouse, by format": house.sql(named_query("ingest_summary")).to_arrow(),
        "refused (winnow rejects --list)": grouped_rejects(house),
        "scores from other files": house.sql(named_query("verdicts_by_state")).to_arrow(),
    }
    return {title: rows for title, rows in tables.items() if rows.num_rows}
