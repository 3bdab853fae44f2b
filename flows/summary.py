"""What an ingest leaves to say: figures per format, refusals with advice, licence documents, scores of other files."""

from pathlib import Path

import pyarrow as pa

from flows.licences.consulted import LICENCE_DOCUMENT
from flows.rejects import grouped_rejects
from warehouse import Warehouse
from warehouse.queries import named_query

VERDICTS = """
    SELECT state, count(*) AS verdict_count, count(DISTINCT name) AS name_count,
        count(DISTINCT record_id) AS file_count, any_value(name) AS example_name,
        any_value(task_key) AS example_task_key, any_value(run) AS example_run
    FROM verdicts JOIN verdict_attachments USING (verdict_id) GROUP BY state ORDER BY state
"""

CONTRADICTED = f"""
    SELECT count(*) AS trial_count, any_value(task_key) AS example_task_key, any_value(trial) AS example_trial
    FROM ({named_query("contradicting_trials")}) HAVING count(*) > 0
"""

CONSULTED = f"""
    SELECT count(*) AS document_count, min(source_uri) AS example_source_uri
    FROM records WHERE format = '{LICENCE_DOCUMENT}' HAVING count(*) > 0
"""


def after_ingest(warehouse: Path) -> dict[str, pa.Table]:
    """Give the tables to show by title; those without rows are left out."""
    with Warehouse(warehouse).opened() as house:
        tables = {
            "in the warehouse, by format; a record of several files counts once": house.sql(
                named_query("ingest_summary")
            ).to_arrow(),
            "refused (winnow rejects --list)": grouped_rejects(house),
            "trials with several rewards (winnow sql --ask contradicting_trials)": house.sql(
                CONTRADICTED
            ).to_arrow(),
            "consulted for licences (winnow source list)": house.sql(CONSULTED).to_arrow(),
            "scores from other files (winnow sql --ask verdicts_by_state)": house.sql(VERDICTS).to_arrow(),
        }
    return {title: rows for title, rows in tables.items() if rows.num_rows}
