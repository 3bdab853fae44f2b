import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from schemas.errors import QueryError, QueryRefusedError
from tests.warehouse.rollout_batches import GOLD, make_batch
from warehouse import Console, Warehouse
from warehouse.delta import live_files, open_delta

LIVE = "{live}"
SECRET = "{secret}"
RECORDS = "{records}"

BREAK_OUTS = [
    # files that are none of the warehouse's
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_text('file:///etc/passwd')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM read_json('/etc/passwd')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM glob('/*')",
    "FROM '/etc/passwd'",
    "SELECT * FROM query('FROM read_text(''/etc/passwd'')')",
    "SELECT * FROM read_text('http://127.0.0.1:9/x')",
    "SELECT getenv('HOME')",
    # the warehouse's own files, by path
    f"SELECT * FROM read_parquet('{LIVE}')",
    f"FROM '{LIVE}'",
    f"SELECT * FROM read_parquet('{SECRET}')",
    f"SELECT * FROM parquet_metadata('{SECRET}')",
    f"SELECT raw FROM read_parquet('{RECORDS}')",
    f"SELECT * FROM read_blob('{RECORDS}')",
    # what a view hides
    "SELECT raw FROM records",
    "SELECT * FROM task_secrets",
    # writing
    "COPY (SELECT 1) TO '{folder}/out.csv'",
    "COPY messages TO '{folder}/out.parquet'",
    f"COPY (SELECT 1 AS x) TO '{LIVE}' (FORMAT parquet, USE_TMP_FILE false)",
    f"WITH x AS (COPY (SELECT 1 AS x) TO '{LIVE}' (FORMAT parquet, USE_TMP_FILE false)) SELECT 1",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '{folder}/out.csv'",
    "EXPLAIN /* plan */ COPY (SELECT 1) TO '{folder}/out.csv'",
    f"EXPLAIN ANALYZE WITH x AS (COPY (SELECT 1 AS x) TO '{LIVE}' (USE_TMP_FILE false)) SELECT 1",
    "EXPORT DATABASE '{folder}/out'",
    "CREATE TABLE mine AS SELECT 1",
    "EXPLAIN ANALYZE CREATE TABLE mine AS SELECT 1",
    "CREATE TEMP VIEW mine AS SELECT 1",
    "CREATE MACRO mine() AS 1",
    "INSERT INTO messages VALUES (1)",
    "WITH x AS (INSERT INTO messages VALUES (1) RETURNING *) SELECT * FROM x",
    "UPDATE messages SET seq = 0",
    "DELETE FROM messages",
    "DROP VIEW messages",
    "SELECT * FROM enable_logging('QueryLog', storage = 'file', storage_path = '{folder}/log')",
    # other databases and code
    "ATTACH '{folder}/other.db'",
    "ATTACH ':memory:' AS other",
    "SELECT * FROM read_duckdb('{folder}/other.db')",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '{folder}/x.duckdb_extension'",
    # settings and secrets
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "RESET memory_limit",
    "SET VARIABLE a = 1",
    "PRAGMA database_list",
    "PRAGMA enable_profiling",
    "CALL enable_logging()",
    "CREATE SECRET (TYPE s3)",
    "USE memory",
    # several statements, transactions, prepared ones
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP VIEW messages",
    "BEGIN",
    "PREPARE x AS SELECT 1",
    "CHECKPOINT",
    "",
    # variables of the program
    "SELECT * FROM planted",
]


@pytest.fixture
def console(warehouse: Warehouse) -> Iterator[Console]:
    warehouse.insert_rollouts(*make_batch(range(8)))
    with warehouse.console() as opened:
        yield opened


def one_file(warehouse: Warehouse, table: str) -> Path:
    folder = warehouse.store.path(table)
    delta = open_delta(folder)
    assert delta is not None
    return Path(live_files(delta, folder)["path"][0])


@pytest.mark.parametrize("attempt", BREAK_OUTS)
def test_refuses(attempt: str, console: Console, warehouse: Warehouse, tmp_path: Path) -> None:
    planted = pl.DataFrame({"answer": [42]})
    assert planted.height == 1
    live = one_file(warehouse, "messages")
    before = live.read_bytes()
    query = attempt.format(
        live=live,
        secret=one_file(warehouse, "task_secrets"),
        records=one_file(warehouse, "records"),
        folder=tmp_path,
    )
    with pytest.raises((QueryRefusedError, QueryError)):
        console.sql(query)
    assert live.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"wh"}
    assert console.sql("SELECT count(*) FROM messages").rows() == [(32,)]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT count(*) FROM messages",
        "FROM tasks",
        "WITH t AS (SELECT 1) SELECT * FROM t",
        "VALUES (1)",
        "DESCRIBE messages",
        "SHOW TABLES",
        "SUMMARIZE scores",
        "EXPLAIN SELECT * FROM messages",
        "-- why\nEXPLAIN /* and how */ ANALYZE SELECT count(*) FROM messages",
        "SELECT unnest(tool_calls, recursive := true) FROM messages",
        "SELECT 1;",
    ],
)
def test_answers(query: str, console: Console) -> None:
    assert console.sql(query).rows()


def test_never_shows_a_gold_answer(console: Console) -> None:
    for (name,) in console.sql("SHOW TABLES").rows():
        assert GOLD not in str(console.sql(f'SELECT * FROM "{name}"').rows())


def test_secrets_of_duckdb_and_the_session_hold_nothing(console: Console) -> None:
    assert console.sql("SELECT * FROM duckdb_secrets()").rows() == []
    paths = "SELECT value FROM duckdb_settings() WHERE name IN ('allowed_paths', 'allowed_directories')"
    assert console.sql(paths).rows() == [("[]",), ("[]",)]


def test_refusal_says_what_is_allowed(console: Console) -> None:
    with pytest.raises(
        QueryRefusedError, match=r"does not run CREATE statements(.|\n)*Hint: ask with one SELECT"
    ):
        console.sql("CREATE TABLE t (x INT)")


def test_interrupts_a_query_that_takes_too_long(warehouse: Warehouse) -> None:
    with warehouse.console(timeout_s=0.2) as console:
        with pytest.raises(QueryError, match=r"longer than 0\.2 s"):
            console.sql(
                "SELECT count(*) FROM range(10_000_000) a, range(10_000_000) b WHERE a.range % 7 = b.range % 5"
            )
        assert console.sql("SELECT 1").rows() == [(1,)]


def test_memory_limit_ends_a_query_and_not_the_process(warehouse: Warehouse) -> None:
    with warehouse.console(memory_limit="50MB") as console, pytest.raises(QueryError, match="Out of Memory"):
        console.sql("SELECT list(range) FROM range(100_000_000)")


def test_gives_at_most_max_rows_and_says_so(warehouse: Warehouse) -> None:
    with warehouse.console(max_rows=10) as console:
        result = console.sql("FROM range(100000)")
        assert (len(result.rows()), result.is_truncated) == (10, True)
        result = console.sql("FROM range(10)")
        assert (len(result.rows()), result.is_truncated) == (10, False)


def test_sees_the_tables_as_they_were_when_it_was_opened(console: Console, warehouse: Warehouse) -> None:
    warehouse.insert_rollouts(*make_batch(range(8, 12)))
    assert console.sql("SELECT count(*) FROM trajectories").rows() == [(8,)]


def test_binds_parameters(console: Console) -> None:
    assert console.sql("SELECT $x + 1", {"x": 1}).rows() == [(2,)]
    assert console.sql("SELECT ? || 'b'", ["a"]).rows() == [("ab",)]


@pytest.mark.parametrize("query", ["SELECT * FROM messages LIMIT 3", "SELECT * FROM messages"])
def test_a_program_ends_well_right_after_a_query_that_stopped_early(warehouse: Warehouse, query: str) -> None:
    for first in range(0, 1000, 500):
        warehouse.insert_rollouts(*make_batch(range(first, first + 500)))
    program = """
import sys
from warehouse import Warehouse
console = Warehouse(sys.argv[1]).console(max_rows=3)
print(len(console.sql(sys.argv[2]).rows()))
"""
    for _ in range(2):
        command = [sys.executable, "-c", program, str(warehouse.root), query]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "3\n", "")
