"""What must hold between the rows of a warehouse; breaches are findings, not errors."""

import duckdb
import polars as pl

from schemas.tables import TABLES
from schemas.tables.signal_tables import SCOPE_KEYS, SCOPE_PREFIXES
from warehouse.house import Warehouse
from warehouse.results import run_query
from warehouse.views import LiveTable, bind_views, live_table, live_tables

FINDING_COLUMNS = {"check": pl.String, "table": pl.String, "subject": pl.String, "detail": pl.String}

MOST_FINDINGS = 100
"""Per check: enough to see what is wrong, bounded when everything is."""

CROSS_CHECKS = {
    "message_without_trajectory": """
        SELECT 'messages', trajectory_id, count(*) || ' messages'
        FROM messages ANTI JOIN trajectories USING (trajectory_id) GROUP BY trajectory_id
    """,
    "score_without_trajectory": """
        SELECT 'scores', trajectory_id, count(*) || ' scores'
        FROM scores ANTI JOIN trajectories USING (trajectory_id) GROUP BY trajectory_id
    """,
    "trajectory_without_record": """
        SELECT 'trajectories', trajectory_id, 'record ' || record_id
        FROM trajectories ANTI JOIN records USING (record_id)
    """,
    "trajectory_without_task": """
        SELECT 'trajectories', trajectory_id, 'task ' || task_id FROM trajectories ANTI JOIN tasks USING (task_id)
    """,
    "message_sequence_has_gaps": """
        SELECT 'messages', trajectory_id, count(*) || ' messages, seq ' || min(seq) || ' to ' || max(seq)
        FROM messages JOIN trajectories USING (trajectory_id) GROUP BY trajectory_id
        HAVING min(seq) <> any_value(shared_count) OR max(seq) <> any_value(shared_count) + count(*) - 1
    """,
    "message_count_differs": """
        SELECT 'trajectories', t.trajectory_id,
            t.message_count - t.shared_count || ' declared, ' || coalesce(m.row_count, 0) || ' stored'
        FROM trajectories AS t
        LEFT JOIN (SELECT trajectory_id, count(*) AS row_count FROM messages GROUP BY trajectory_id) AS m
            USING (trajectory_id)
        WHERE t.message_count - t.shared_count <> coalesce(m.row_count, 0)
    """,
    "trajectory_count_differs": """
        SELECT 'records', r.record_id, r.trajectory_count || ' declared, ' || coalesce(t.row_count, 0) || ' stored'
        FROM records AS r
        LEFT JOIN (
            SELECT record_id, count(*) AS row_count FROM trajectories
            WHERE relation NOT IN ('repair', 'corruption') GROUP BY record_id
        ) AS t USING (record_id)
        WHERE r.trajectory_count <> coalesce(t.row_count, 0)
    """,
    "raw_bytes_differ_from_address": """
        SELECT 'records', record_id, 'sha256 of raw is ' || sha256(raw) FROM raw_records
        WHERE sha256(raw) <> record_id
    """,
}
"""Each query gives table, subject and detail of what breaks it."""


def check(warehouse: Warehouse) -> pl.DataFrame:
    """Look for rows that contradict each other, or their own address.

    Returns:
        One row per finding: the `check` that failed, the `table`, the `subject` (an id or a key), and `detail`; at
        most `MOST_FINDINGS` per check. No rows: all is well.

    Raises:
        QueryError: a file of a table is gone or unreadable.
    """
    tables = live_tables(warehouse.store)
    with duckdb.connect(":memory:", config={"temp_directory": str(warehouse.root / "spill")}) as connection:
        bind_views(connection, tables, LiveTable.from_files)
        live_table(warehouse.store, "records", shown_as="raw_records").from_files(connection)
        checks = [*_key_checks(tables), *CROSS_CHECKS.items()]
        found = [_findings(connection, name, query) for name, query in checks]
    return pl.concat(found).sort("check", "table", "subject")


def _key_checks(tables: list[LiveTable]) -> list[tuple[str, str]]:
    return [("key_is_not_unique", _repeated_keys(table.name)) for table in tables if key_of(table.name)]


def _repeated_keys(table: str) -> str:
    key = ", ".join(f'"{column}"' for column in key_of(table))
    return f"""
        SELECT '{table}', concat_ws('/', {key}), count(*) || ' rows' FROM "{table}" GROUP BY {key} HAVING count(*) > 1
    """


def key_of(table: str) -> tuple[str, ...]:
    """Give the key of a declared table or of a signal's table; empty when it is neither."""
    if table in TABLES:
        return TABLES[table].key
    for scope, prefix in SCOPE_PREFIXES.items():
        if table.startswith(f"{prefix}_"):
            return tuple(column.name for column in SCOPE_KEYS[scope])
    return ()


def _findings(connection: duckdb.DuckDBPyConnection, name: str, query: str) -> pl.DataFrame:
    rows = run_query(connection, f"SELECT * FROM ({query}) LIMIT {MOST_FINDINGS}").rows()
    return pl.DataFrame([(name, *row) for row in rows], schema=FINDING_COLUMNS, orient="row")
