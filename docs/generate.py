"""Write docs/tables.md from the declarations, so that it cannot drift: `make docs`; a test compares."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from curation.signals import SIGNALS
from schemas.tables import TABLES, Column, Table

PAGE = Path(__file__).parent / "tables.md"

HEAD = """# Tables

Generated from `schemas/tables` and `curation/signals` by `make docs`; do not edit.

Ids are the first 128 bits of a SHA-256 in hex (`record_id` and `source_id`: all of it). `bucket` is the partition:
whole task groups share one. Every table is also a view in `winnow sql`, with two exceptions: quarantined tables have
none, and `records` is shown without `raw`. On top of the tables there are the views `trajectory_overview` (one line
per trajectory, what recipes filter on), `signals`, `step_signals` and `group_signals` (all signals of one scope side by
side).
"""


def tables_page() -> str:
    """Write the page."""
    parts = [HEAD]
    parts += [section for table in TABLES.values() for section in _table(table)]
    parts.append("# Signals\n")
    for signal in SIGNALS.values():
        parts.append(f"## Signal `{signal.name}` (version {signal.version})\n\n{signal.doc}\n")
        parts += [section for table in signal.tables().values() for section in _table(table, level="###")]
    return "\n".join(parts)


def _table(table: Table, level: str = "##") -> Iterator[str]:
    quarantine = " **Quarantined.**" if table.is_quarantined else ""
    yield f"{level} `{table.name}`\n\nOne row is {table.row}. Key: {', '.join(table.key)}.{quarantine}\n"
    yield "| column | type | meaning |\n|---|---|---|"
    yield (
        "\n".join(f"| `{column.name}` | {_type(column)} | {_meaning(column)} |" for column in table.columns)
        + "\n"
    )


def _type(column: Column) -> str:
    name = (
        "list of calls"
        if pa.types.is_list(column.type) and pa.types.is_struct(column.type.value_type)
        else None
    )
    return (name or str(column.type).replace("<item: ", "<").replace("|", "\\|")) + (
        ", null" if column.nullable else ""
    )


def _meaning(column: Column) -> str:
    allowed = f" One of: {', '.join(f'`{value}`' for value in column.allowed)}." if column.allowed else ""
    return (column.doc + allowed).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(tables_page(), encoding="utf-8")
