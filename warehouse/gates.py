"""Quality gates: what each table's declaration promises, checked on a batch before it is committed.

The expectations derive from the declaration: unique key, no null, allowed values, minimum and maximum. DuckDB counts
the breaches of all of them in one pass; Great Expectations asserts on that small summary, never on the rows.
"""

import logging
import os
import threading
import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any

import duckdb
import polars as pl

from schemas.errors import QualityGateError
from schemas.tables import Column, Table
from warehouse.conformity import Rows, as_arrow
from warehouse.views import quote

MOST_EXAMPLES = 3
ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """One promise of a declaration."""

    name: str
    """What is promised, as people would say it."""
    breach_count: str
    """SQL aggregate: how many rows break it."""
    breaches: str
    """SQL query over `batch` that gives the offending values, one column."""


def expectations(table: Table) -> list[Expectation]:
    """Derive what must hold in each batch of a table."""
    return [_unique_key(table), *(rule for column in table.columns for rule in _column_expectations(column))]


def count_breaches(table: Table, rows: Rows) -> pl.DataFrame:
    """Count how often rows break each expectation, in one pass.

    Returns:
        `expectation`, `breach_count` and `examples` (a few offending values as text), one row per expectation.
    """
    rules = expectations(table)
    with duckdb.connect(":memory:") as connection:
        connection.register("batch", as_arrow(rows))
        aggregates = ", ".join(rule.breach_count for rule in rules)
        counts = connection.execute(f"SELECT {aggregates} FROM batch").fetchone() or ()
        return pl.DataFrame(
            [
                (rule.name, count, _examples(connection, rule) if count else [])
                for rule, count in zip(rules, counts, strict=True)
            ],
            schema={"expectation": pl.String, "breach_count": pl.Int64, "examples": pl.List(pl.String)},
            orient="row",
        )


def check_expectations(table: Table, rows: Rows) -> None:
    """Let a batch pass, or stop it before it is committed.

    Args:
        table: the declaration.
        rows: the batch, with the declared columns.

    Raises:
        QualityGateError: rows break the declaration; the message lists each broken expectation with its count and
            examples.
    """
    summary = count_breaches(table, rows)
    if _passes_great_expectations(summary):
        return
    broken = summary.filter(pl.col("breach_count") > 0)
    lines = [
        f"- {name}: {count} of {len(rows)} rows, such as {', '.join(examples)}"
        for name, count, examples in broken.iter_rows()
    ]
    raise QualityGateError(
        f"Rows for table {table.name!r} break {len(lines)} of its {summary.height} expectations:\n"
        + "\n".join(lines)
        + "\n\nHint: nothing was committed; correct what writes these rows"
    )


def _unique_key(table: Table) -> Expectation:
    key = ", ".join(f'"{column}"' for column in table.key)
    row = key if len(table.key) == 1 else f"({key})"
    return Expectation(
        name=f"key ({', '.join(table.key)}) is unique",
        breach_count=f"count(*) - count(DISTINCT {row})",
        breaches=f"SELECT concat_ws('/', {key}) FROM batch GROUP BY {key} HAVING count(*) > 1",
    )


def _column_expectations(column: Column) -> list[Expectation]:
    name = f'"{column.name}"'
    rules = [] if column.nullable else [_row_expectation(column, "is never null", f"{name} IS NULL")]
    if column.allowed:
        allowed = ", ".join(quote(str(value)) for value in column.allowed)
        rules.append(_row_expectation(column, "is an allowed value", f"{name} NOT IN ({allowed})"))
    if column.minimum is not None:
        rules.append(
            _row_expectation(column, f"is at least {column.minimum:g}", f"{name} < {column.minimum}")
        )
    if column.maximum is not None:
        rules.append(_row_expectation(column, f"is at most {column.maximum:g}", f"{name} > {column.maximum}"))
    return rules


def _row_expectation(column: Column, promise: str, breach: str) -> Expectation:
    return Expectation(
        name=f"{column.name} {promise}",
        breach_count=f"count(*) FILTER (WHERE {breach})",
        breaches=f'SELECT DISTINCT "{column.name}" FROM batch WHERE {breach}',
    )


def _examples(connection: duckdb.DuckDBPyConnection, rule: Expectation) -> list[str]:
    found = connection.execute(f"{rule.breaches} ORDER BY 1 LIMIT {MOST_EXAMPLES}").fetchall()
    return [repr(value) for (value,) in found]


def _passes_great_expectations(summary: pl.DataFrame) -> bool:
    """Assert with Great Expectations that every count is 0; one thread at a time, as its context cannot hold two frames."""
    with ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own deprecations are not the user's business
        context, expectation = _great_expectations()
        frame = summary.select("expectation", "breach_count").to_pandas()
        outcome = context.data_sources.pandas_default.read_dataframe(frame).validate(expectation)
    return bool(outcome.success)


@cache
def _great_expectations() -> tuple[Any, Any]:
    """Import Great Expectations on first use (2.5 s), silent and without analytics."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    import great_expectations as gx

    # It tells of its temporary folders, at a level of its own.
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    return context, gx.expectations.ExpectColumnValuesToBeInSet(column="breach_count", value_set=[0])
