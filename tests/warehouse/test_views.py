from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from schemas.errors import QueryError, UnknownNameError, WarehouseNotFoundError, WinnowError
from schemas.rows import arrow_table
from schemas.tables import TABLES
from schemas.tables.declaration import FLAG, INTEGER, REAL, Column
from schemas.tables.signal_tables import signal_table
from tests.warehouse.rollout_batches import GOLD, make_batch, make_trajectory
from warehouse import Warehouse, named_query, query_names, question
from warehouse.upkeep import compact


def score(warehouse: Warehouse, signal: str, scope: str, ids: dict[str, str], **values: float) -> None:
    """Write one signal's table with the same values for each id."""
    columns = tuple(
        Column(name=name, type=FLAG if name.startswith("is_") else REAL, doc="A value.") for name in values
    )
    table = signal_table(signal, scope, columns)
    rows = [{**ids, "bucket": 0, **values}]
    warehouse.store.replace_buckets(table, arrow_table(table, rows), [0])


@pytest.fixture
def scored(warehouse: Warehouse) -> Warehouse:
    """Eight rollouts of seven tasks, and a few signals of the first."""
    warehouse.insert_rollouts(*make_batch(range(8)))
    trajectory = make_trajectory(0)
    owner = {"trajectory_id": trajectory.trajectory_id}
    score(warehouse, "loops", "trajectory", owner, retry_loop_count=2, looped_step_count=3, version=1)
    score(warehouse, "outcomes", "trajectory", owner, is_success=True, version=1)
    group = {
        "trial_count": 2,
        "scored_trial_count": 2,
        "success_count": 1,
        "pass_rate": 0.5,
        "is_mixed": True,
    }
    score(warehouse, "outcomes", "group", {"group_id": trajectory.group_id}, **group)
    step = {
        **owner, "bucket": 0, "step": 0, "seq": 1, "end_seq": 2, "call_count": 1, "tool_names": ["look"],
        "action_key": "a", "action_label": "look", "observation_key": "o", "observation_label": "x",
        "state_key": "s", "is_copied": False,
        "is_error": True, "error_kind": "timeout",
    }  # fmt: skip
    warehouse.store.append("steps", arrow_table("steps", [step]))
    table = signal_table("loops", "step", (Column(name="loop_length", type=INTEGER, doc="Length."),))
    rows = [{**owner, "bucket": 0, "step": 0, "loop_length": 4}]
    warehouse.store.replace_buckets(table, arrow_table(table, rows), [0])
    return warehouse


def test_tables_that_were_opened_stay_as_they_were(warehouse: Warehouse) -> None:
    """The figures of one summary are of one moment."""
    count = "SELECT count(*) FROM trajectories"
    warehouse.insert_rollouts(*make_batch(range(8)))
    with warehouse.opened() as tables:
        ((before,),) = tables.sql(count).rows()
        warehouse.insert_rollouts(*make_batch(range(8, 20)))
        assert tables.sql(count).rows() == [(before,)]
    assert warehouse.sql(count).rows() > [(before,)]


def test_opens_only_a_folder_that_holds_a_warehouse(tmp_path: Path) -> None:
    with pytest.raises(WarehouseNotFoundError, match=r"no warehouse in(.|\n)*Hint"):
        Warehouse(tmp_path / "none")
    assert Warehouse(tmp_path / "made", create=True, bucket_count=8).bucket_count == 8
    assert Warehouse(tmp_path / "made").bucket_count == 8
    assert Warehouse(tmp_path / "made", create=True).bucket_count == 8


def test_the_number_of_buckets_is_fixed_when_a_warehouse_is_made(tmp_path: Path) -> None:
    assert Warehouse(tmp_path, create=True).bucket_count == 16
    with pytest.raises(WinnowError, match=r"has 16 buckets, which is fixed; asked for were 8\.\n\nHint"):
        Warehouse(tmp_path, create=True, bucket_count=8)


@pytest.mark.parametrize("marker", ["", "{}", '{"layout": 2, "bucket_count": 4}'])
def test_does_not_open_a_warehouse_that_it_cannot_read(tmp_path: Path, marker: str) -> None:
    (tmp_path / "winnow.json").write_text(marker)
    with pytest.raises(WarehouseNotFoundError, match=r"winnow\.json|layout 2"):
        Warehouse(tmp_path)


def test_refuses_a_folder_name_that_delta_lake_cannot_have(tmp_path: Path) -> None:
    with pytest.raises(WarehouseNotFoundError, match=r"cannot have \[ \] in it"):
        Warehouse(tmp_path / "runs[1]", create=True)
    assert not (tmp_path / "runs[1]").exists()


def test_every_view_of_an_empty_warehouse_is_there_and_typed(warehouse: Warehouse) -> None:
    with warehouse.console() as console:
        for ask in (warehouse.sql, console.sql):
            for name, table in TABLES.items():
                if not table.is_quarantined:
                    shown = ask(f"FROM {name}")
                    assert shown.rows() == []
                    assert shown.columns == [column for column in table.column_names if column != "raw"]
            assert ask("SELECT * FROM signals").columns == ["trajectory_id", "bucket", "task_id", "group_id"]
            assert ask("SELECT is_success, pass_rate, step_count FROM trajectory_overview").rows() == []


def test_gives_arrow_polars_pandas_and_rows(scored: Warehouse) -> None:
    result = scored.sql("SELECT trial, agent FROM trajectories ORDER BY trial")
    assert isinstance(result.to_arrow(), pa.Table)
    assert isinstance(result.to_polars(), pl.DataFrame)
    assert isinstance(result.to_pandas(), pd.DataFrame)
    assert result.columns == ["trial", "agent"]
    assert result.rows() == [(number, "agent") for number in range(8)]


def test_owner_and_console_see_the_same_rows(scored: Warehouse) -> None:
    with scored.console() as console:
        for (name,) in console.sql("SHOW TABLES").rows():
            query = f'SELECT * FROM "{name}" ORDER BY ALL'
            assert console.sql(query).to_polars().equals(scored.sql(query).to_polars()), name


def test_owner_and_console_find_the_same_nulls_after_a_compaction(scored: Warehouse) -> None:
    """Of long texts the log has no figures then, which is not to say that none is null."""
    scored.insert_rollouts(*make_batch(range(8, 16)))
    assert compact(scored, "messages") > 0
    query = "SELECT count(*), count(reasoning) FROM messages WHERE reasoning IS NULL"
    with scored.console() as console:
        assert console.sql(query).rows() == scored.sql(query).rows() == [(64, 0)]


def test_sees_past_versions(scored: Warehouse) -> None:
    past = scored.store.version("trajectories")
    assert past is not None
    scored.insert_rollouts(*make_batch(range(8, 10)))
    count = "SELECT count(*) FROM trajectories"
    assert scored.sql(count).rows() == [(10,)]
    assert scored.sql(count, versions={"trajectories": past}).rows() == [(8,)]
    with pytest.raises(QueryError, match="no version 99"):
        scored.sql(count, versions={"trajectories": 99})
    with pytest.raises(UnknownNameError, match="did you mean 'trajectories'"):
        scored.sql(count, versions={"trajectory": 1})


def test_gold_answers_are_shown_to_the_owner_on_demand_only(scored: Warehouse) -> None:
    with pytest.raises(QueryError, match="task_secrets"):
        scored.sql("FROM task_secrets")
    secrets = scored.sql("SELECT DISTINCT gold_actions FROM task_secrets", quarantined=True)
    assert secrets.rows() == [(GOLD,)]


def test_signals_stand_side_by_side_with_shared_names_told_apart(scored: Warehouse) -> None:
    first = make_trajectory(0).trajectory_id
    rows = scored.sql("FROM signals").to_polars()
    assert rows.height == 8
    row = rows.row(by_predicate=pl.col("trajectory_id") == first, named=True)
    assert (row["retry_loop_count"], row["is_success"]) == (2, True)
    assert (row["loops_version"], row["outcomes_version"]) == (1, 1)
    assert rows["retry_loop_count"].null_count() == 7
    assert scored.sql("SELECT loop_length FROM step_signals").rows() == [(4,)]
    assert scored.sql("SELECT pass_rate FROM group_signals WHERE trial_count = 2").rows() == [(0.5,)]


def test_overview_has_one_line_per_trajectory(scored: Warehouse) -> None:
    columns = "trial, task_key, pass_rate, is_success, step_count, call_count, error_step_count"
    rows = scored.sql(f"SELECT {columns} FROM trajectory_overview ORDER BY trial").rows()
    assert len(rows) == 8
    assert rows[0] == (0, "task/0", 0.5, True, 1, 1, 1)
    assert rows[1] == (1, "task/1", None, None, None, None, None)


@pytest.mark.parametrize("name", query_names())
def test_named_query_runs_and_says_what_it_answers(scored: Warehouse, name: str) -> None:
    assert question(name).rstrip(")").endswith(("?", "$trajectory_id"))
    needed = {"trajectory_id": make_trajectory(0).trajectory_id} if name == "steps_of_trajectory" else None
    with scored.console() as console:
        result = console.sql(named_query(name), needed)
    nothing_to_say = {
        "branch_points",
        "contradicting_trials",
        "decisions_by_rule",
        "privacy_report",
        "rejects_by_reason",
        "verdicts_by_state",
    }
    assert bool(result.rows()) is (name not in nothing_to_say)


def test_named_query_over_a_signal_never_computed_says_to_score(warehouse: Warehouse) -> None:
    for name in ("pass_rate_by_task", "retry_loops_by_tool"):
        with pytest.raises(QueryError, match=r"never computed(.|\n)*Hint: run `winnow score`"):
            warehouse.sql(named_query(name))


def test_unknown_named_query_is_told_with_its_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'funnel'"):
        named_query("funel")


def test_bad_sql_is_a_query_error(warehouse: Warehouse) -> None:
    with pytest.raises(QueryError, match="syntax error"):
        warehouse.sql("SELEC 1")
