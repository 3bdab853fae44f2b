"""The main job on real input: the published tau-bench airline rollouts."""

import hashlib
import json
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from flows.ingest import ingest
from flows.nightly import nightly
from tests.flows.finished import Finished, exported_bytes, exported_rows, file_hashes
from warehouse import Warehouse
from warehouse.status import status

pytestmark = pytest.mark.slow

MARKER = "PLANTED-SECRET-7f3a"


def test_counts_are_those_of_the_published_file(airline_run: Finished) -> None:
    sql = airline_run.house.sql
    assert sql(
        "SELECT count(*), count(DISTINCT task_id) FROM trajectories WHERE relation = 'attempt'"
    ).rows() == [(200, 50)]
    assert sql(
        "SELECT count(*) FROM messages JOIN trajectories USING (trajectory_id) WHERE relation = 'attempt'"
    ).rows() == [(5308,)]
    groups = sql("SELECT DISTINCT trial_count FROM group_signals").rows()
    assert groups == [(4,)]
    assert sql("SELECT sum(success_count)::INT, count(*) FILTER (is_mixed) FROM group_signals").rows() == [
        (84, 26)
    ]


def test_funnel_loses_nothing(airline_run: Finished) -> None:
    report = airline_run.report
    assert report.ingested.record_count == report.ingested.kept_count == 200
    assert report.ingested.rejected_count == 0
    assert report.curated.read_count == report.curated.kept_count + report.curated.dropped_count == 200
    sql = airline_run.house.sql
    verdicts = dict(sql("SELECT verdict, count(*) FROM decisions GROUP BY verdict").rows())
    assert verdicts.get("kept", 0) + verdicts.get("dropped", 0) == 200
    assert verdicts.get("repaired", 0) == report.curated.repaired_count
    solved = sql("SELECT count(*) FROM group_signals WHERE success_count > 0").rows()[0][0]
    assert report.curated.kept_count == solved  # one success for each task that has any


def test_every_raw_record_comes_back_byte_for_byte(airline_run: Finished, airline_file: Path) -> None:
    with pa.input_stream(str(airline_file), compression="zstd") as stream:
        whole = stream.read()
    house = airline_run.house
    rows = house.sql("SELECT record_id, record_index FROM records ORDER BY record_index").rows()
    raws = [house.raw_record(record_id) for record_id, _ in rows]
    position = 0
    for (record_id, _), raw in zip(rows, raws, strict=True):
        assert hashlib.sha256(raw).hexdigest() == record_id
        position = whole.index(raw, position) + len(raw)  # in file order, none overlapping another
    assert [json.loads(raw) for raw in raws] == json.loads(whole)


def test_rl_tasks_are_the_mixed_ones(airline_run: Finished) -> None:
    rows = exported_rows(airline_run.out / "trl_grpo")
    assert len(rows) == 26
    assert all(0 < row["pass_rate"] < 1 and row["trial_count"] == 4 for row in rows)
    assert all([message["role"] for message in row["prompt"]] == ["system", "user"] for row in rows)


def test_sft_rows_are_successes_that_end_with_the_policy(airline_run: Finished) -> None:
    rows = exported_rows(airline_run.out / "trl_sft")
    assert len(rows) == airline_run.report.curated.kept_count
    assert all(row["messages"][-1]["role"] == "assistant" for row in rows)
    ids = ", ".join(f"'{row['trajectory_id']}'" for row in rows)
    rewards = airline_run.house.sql(
        f"SELECT DISTINCT outcome_reward FROM trajectories WHERE trajectory_id IN ({ids})"
    )
    assert rewards.rows() == [(1.0,)]


def test_manifest_says_what_the_format_could_not_carry(airline_run: Finished) -> None:
    manifest = json.loads((airline_run.out / "trl_sft" / "manifest.json").read_bytes())
    assert manifest["losses"]["no_tool_schemas"] > 0
    assert {file["sha256"] for file in manifest["files"]} <= set(
        file_hashes(airline_run.out / "trl_sft").values()
    )
    assert manifest["counts"]["read_count"] == 200
    assert manifest["table_versions"]["trajectories"] >= 1


def test_ingesting_the_same_file_again_adds_nothing(airline_run: Finished, tmp_path: Path) -> None:
    root = tmp_path / "warehouse"
    first = ingest(warehouse=root, paths=[str(airline_run.inputs)])
    is_data = pl.col("table") != "runs"
    before = status(Warehouse(root)).filter(is_data).select("table", "version", "row_count").rows()
    second = ingest(warehouse=root, paths=[str(airline_run.inputs)])
    (tmp_path / "renamed.json.zst").write_bytes(airline_run.inputs.read_bytes() + b"\x50\x2a\x4d\x18\0\0\0\0")
    third = ingest(warehouse=root, paths=[str(tmp_path / "renamed.json.zst")])
    after = status(Warehouse(root)).filter(is_data).select("table", "version", "row_count").rows()
    assert [counts.new_trajectory_count for counts in (first, second, third)] == [200, 0, 0]
    assert [counts.kept_count for counts in (first, second, third)] == [200, 200, 200]
    assert {row for row in after if row not in before} == {("sources", 2, 2)}  # other bytes, the same records


def test_gold_and_private_words_reach_no_export(airline_file: Path, tmp_path: Path) -> None:
    """Plant a marker in every quarantined raw field, run the whole job, search every exported byte."""
    with pa.input_stream(str(airline_file), compression="zstd") as stream:
        records = json.loads(stream.read())
    for record in records:
        task = record["info"]["task"]
        task["instruction"] += MARKER
        task["outputs"].append(MARKER)
        task["actions"].append({"name": MARKER, "kwargs": {MARKER: MARKER}})
        if record["info"]["reward_info"] is not None:
            record["info"]["reward_info"]["actions"].append({"name": MARKER, "kwargs": {}})
    planted = tmp_path / "gpt-4o-airline.json"
    planted.write_text(json.dumps(records), encoding="utf-8")
    root = tmp_path / "warehouse"
    nightly(warehouse=root, recipe=Path("airline"), paths=[str(planted)], out=tmp_path / "exports")

    assert Warehouse(root).sql(
        "SELECT count(DISTINCT task_id) FROM task_secrets", quarantined=True
    ).rows() == [(50,)]
    exported = exported_bytes(tmp_path / "exports")
    assert exported
    for name, content in exported.items():
        assert MARKER.encode() not in content, name
    with Warehouse(root).console() as console:
        for (view,) in console.sql("SHOW TABLES").rows():
            shown = console.sql(f'SELECT * FROM "{view}"').to_arrow().to_pylist()
            assert MARKER not in repr(shown), view


def test_same_recipe_on_same_versions_exports_the_same_bytes(airline_run: Finished, tmp_path: Path) -> None:
    from flows.export import export

    for format_name, where in (("trl_sft", "true"), ("trl_grpo", "is_mixed")):
        export(
            warehouse=airline_run.root,
            dataset="airline",
            format_name=format_name,
            out=tmp_path / format_name,
            where=where,
        )
        assert file_hashes(tmp_path / format_name) == file_hashes(airline_run.out / format_name)
