from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pytest

from schemas.errors import QualityGateError
from schemas.tables import TABLES, Table
from tests.warehouse.rollout_batches import make_batch
from warehouse.gates import check_expectations, count_breaches, expectations

MESSAGES = TABLES["messages"]


@pytest.fixture
def rows() -> pl.DataFrame:
    return pl.DataFrame(make_batch(range(3))[0]["messages"])


def test_lets_sound_rows_pass(rows: pl.DataFrame) -> None:
    check_expectations(MESSAGES, rows)
    check_expectations(MESSAGES, rows.to_arrow())
    check_expectations(MESSAGES, rows.clear())


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"role": pl.lit("robot")}, r"role is an allowed value: 12 of 12 rows, such as 'robot'"),
        ({"seq": pl.col("seq") - 2}, r"seq is at least 0: 6 of 12 rows, such as -2, -1"),
        ({"origin": pl.lit(None, pl.String)}, r"origin is never null: 12 of 12 rows"),
        (
            {"seq": pl.lit(0, pl.Int64)},
            r"key \(trajectory_id, seq\) is unique: 9 of 12 rows, such as '\w{32}/0'",
        ),
    ],
)
def test_stops_rows_that_break_the_declaration(
    rows: pl.DataFrame, broken: dict[str, pl.Expr], message: str
) -> None:
    with pytest.raises(QualityGateError, match=message):
        check_expectations(MESSAGES, rows.with_columns(**broken))


def test_lists_every_broken_expectation(rows: pl.DataFrame) -> None:
    wrong = rows.with_columns(role=pl.lit("robot"), seq=pl.lit(-1, pl.Int64))
    with pytest.raises(QualityGateError, match="break 3 of its") as caught:
        check_expectations(MESSAGES, wrong)
    assert len([line for line in str(caught.value).splitlines() if line.startswith("- ")]) == 3


def test_batches_of_one_curation_may_be_checked_at_once(rows: pl.DataFrame) -> None:
    """Even one frame, on which threads that convert it would wait for each other for ever, see `as_arrow`."""
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: check_expectations(MESSAGES, rows), range(24)))


def test_nullable_columns_may_be_null_whatever_their_range(rows: pl.DataFrame) -> None:
    summary = count_breaches(MESSAGES, rows.with_columns(prompt_tokens=pl.lit(None, pl.Int64)))
    assert summary["breach_count"].sum() == 0


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())
def test_every_declaration_gives_expectations_that_run(table: Table) -> None:
    empty = pl.DataFrame(table.arrow_schema.empty_table())
    assert count_breaches(table, empty).height == len(expectations(table)) > 0
