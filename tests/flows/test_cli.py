"""The command line as scripts and people use it: the real executable, its exit codes and its words."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.main import get_command

from flows.cli import app
from schemas.rollouts import ROLLOUT_FORMATS
from schemas.training import TRAINING_FORMATS
from tests.flows.finished import Finished
from warehouse.status import status

WINNOW = str(Path(sys.executable).parent / "winnow")
COMMANDS = sorted(get_command(app).commands)  # type: ignore[attr-defined]  # the app is a group


def winnow(*arguments: str | Path, stdin: str | None = None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [WINNOW, *map(str, arguments)], capture_output=True, text=True, check=False, input=stdin
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command_shows_an_example(command: str) -> None:
    help_text = get_command(app).commands[command].help  # type: ignore[attr-defined]
    assert f"Example: winnow {command}" in help_text


def test_readme_names_each_command(repository: Path) -> None:
    readme = (repository / "README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"winnow {name}" not in readme] == []


@pytest.mark.parametrize(
    "command",
    [("ingest", "rollouts.jsonl"), ("status",), ("score",), ("rejects",), ("sql", "SELECT 1")],
    ids=lambda command: command[0],
)
def test_a_file_in_the_place_of_the_warehouse_is_one_message(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    answer = winnow(*command, "--warehouse", tmp_path / "file")
    assert (answer.returncode, answer.stdout) == (1, "")
    told = answer.stderr.replace("\n", "")
    assert told.startswith("Not a directory")
    assert "Hint:" in told
    assert "Traceback" not in told


@pytest.mark.parametrize("marker", ["", '{"layout":', '{"layout": 1}', '{"layout": 999, "bucket_count": 3}'])
def test_sql_on_what_is_no_warehouse_is_one_message(marker: str, tmp_path: Path) -> None:
    (tmp_path / "winnow.json").write_text(marker, encoding="utf-8")
    for root in (tmp_path, tmp_path / "absent"):
        answer = winnow("sql", "SELECT 1", "--warehouse", root)
        assert (answer.returncode, answer.stdout) == (1, "")
        assert answer.stderr.startswith("WarehouseNotFoundError")
        assert "Traceback" not in answer.stderr


def test_wrong_command_line_exits_with_2() -> None:
    assert winnow("ingest").returncode == 2


def test_missing_warehouse_exits_with_1_and_says_what_to_do(tmp_path: Path) -> None:
    answer = winnow("status", "--warehouse", tmp_path / "absent")
    assert answer.returncode == 1
    assert "Hint:" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert answer.stdout == ""


@pytest.mark.slow
def test_refused_records_exit_with_3_when_strict(tmp_path: Path) -> None:
    (tmp_path / "broken.jsonl").write_text("{\n", encoding="utf-8")
    root = tmp_path / "warehouse"
    assert winnow("ingest", tmp_path / "broken.jsonl", "--warehouse", root).returncode == 0
    assert winnow("ingest", tmp_path / "broken.jsonl", "--warehouse", root, "--strict").returncode == 3


@pytest.mark.slow
def test_unknown_signal_is_named_with_the_nearest(demo_run: Finished) -> None:
    answer = winnow("score", "--signals", "lops", "--warehouse", demo_run.root)
    assert answer.returncode == 1
    assert "did you mean 'loops'" in answer.stderr.replace("\n", " ")
    assert "Traceback" not in answer.stderr


@pytest.mark.slow
def test_sql_prints_each_format(demo_run: Finished, tmp_path: Path) -> None:
    query = "SELECT status, count(*) AS rollouts, ['a'] AS listed FROM trajectories WHERE relation = 'attempt' GROUP BY status ORDER BY status"

    def ask(result_format: str, *more: str | Path) -> str:
        answer = winnow("sql", query, "--warehouse", demo_run.root, "--format", result_format, *more)
        assert answer.returncode == 0, answer.stderr
        assert answer.stderr == ""
        return answer.stdout

    rows = [json.loads(line) for line in ask("json").splitlines()]
    assert sum(row["rollouts"] for row in rows) == 240
    assert ask("csv").splitlines()[0] == '"status","rollouts","listed"'
    assert "completed" in ask("table")
    ask("parquet", "--out", tmp_path / "out.parquet")
    assert pq.read_table(tmp_path / "out.parquet").to_pylist() == rows


@pytest.mark.slow
def test_sql_refuses_to_write_and_reads_queries_from_a_pipe(demo_run: Finished) -> None:
    refused = winnow("sql", "CREATE TABLE x AS SELECT 1", "--warehouse", demo_run.root)
    assert refused.returncode == 1
    assert "QueryRefusedError" in refused.stderr
    piped = winnow("sql", "--warehouse", demo_run.root, "--format", "csv", stdin="SELECT 41 + 1 AS answer")
    assert piped.stdout.splitlines() == ['"answer"', "42"]


@pytest.mark.slow
def test_status_lists_tables_with_rows_and_versions(demo_run: Finished) -> None:
    answer = winnow("status", "--warehouse", demo_run.root)
    assert answer.returncode == 0
    assert "trajectories" in answer.stdout


@pytest.mark.slow
def test_dry_run_decides_but_writes_nothing(demo_run: Finished) -> None:
    before = demo_run.house.sql("SELECT count(*) FROM decisions").rows()
    versions = status(demo_run.house).select("table", "version").rows()
    answer = winnow("curate", "demo", "--dry-run", "--warehouse", demo_run.root)
    assert answer.returncode == 0, answer.stderr
    assert "kept_count" in answer.stdout
    assert demo_run.house.sql("SELECT count(*) FROM decisions").rows() == before
    assert status(demo_run.house).select("table", "version").rows() == versions


@pytest.mark.slow
def test_explain_names_the_rule_that_dropped_a_trajectory(demo_run: Finished) -> None:
    ((dropped, reason),) = demo_run.house.sql(
        "SELECT trajectory_id, reason FROM decisions WHERE reason = 'below_reward_floor' ORDER BY ALL LIMIT 1"
    ).rows()
    answer = winnow("curate", "demo", "--explain", dropped, "--warehouse", demo_run.root)
    assert answer.returncode == 0, answer.stderr
    assert reason[:12] in answer.stdout


@pytest.mark.slow
def test_sql_reads_a_past_version_of_a_table(demo_run: Finished) -> None:
    query = "SELECT count(*) AS rollouts FROM trajectories"
    now = winnow("sql", query, "--warehouse", demo_run.root, "--format", "csv").stdout.splitlines()
    before = winnow("sql", query, "--warehouse", demo_run.root, "--format", "csv", "--at", "trajectories=1")
    assert before.stdout.splitlines() == ['"rollouts"', "240"]  # ingested, not yet repaired
    assert int(now[1]) == 240 + demo_run.report.curated.repaired_count
    wrong = winnow("sql", query, "--warehouse", demo_run.root, "--at", "trajectories")
    assert (wrong.returncode, "--at takes NAME=VALUE" in wrong.stderr) == (1, True)


@pytest.mark.slow
def test_named_question_takes_its_parameter(demo_run: Finished) -> None:
    ((example,),) = demo_run.house.sql("SELECT min(trajectory_id) FROM steps").rows()
    asked = ("sql", "--ask", "steps_of_trajectory", "--set", f"trajectory_id={example}", "--format", "json")
    answer = winnow(*asked, "--warehouse", demo_run.root)
    steps = [json.loads(line)["step"] for line in answer.stdout.splitlines()]
    assert steps == list(range(len(steps)))
    assert steps


TALK = {"uid": "t", "log": [{"speaker": "user", "text": "2+2?"}, {"speaker": "bot", "text": "4"}], "won": 1.0}


@pytest.fixture
def foreign_file(tmp_path: Path) -> Path:
    """Two rollouts in a shape that no format reads."""
    file = tmp_path / "talks.jsonl"
    file.write_text("".join(f"{json.dumps(TALK | {'uid': uid})}\n" for uid in "ab"), encoding="utf-8")
    return file


@pytest.mark.slow
def test_a_suggested_mapping_ingests_what_no_format_reads(foreign_file: Path, tmp_path: Path) -> None:
    root, mapping = tmp_path / "warehouse", tmp_path / "mapping.yaml"
    suggested = winnow("ingest", foreign_file, "--suggest-mapping")
    assert (suggested.returncode, suggested.stderr, root.exists()) == (0, "", False)
    mapping.write_text(suggested.stdout, encoding="utf-8")

    refused = winnow("ingest", foreign_file, "--warehouse", root)
    assert "unknown_format" in refused.stdout
    assert "--suggest-mapping" in refused.stdout  # the advice
    answer = winnow("ingest", foreign_file, "--mapping", mapping, "--warehouse", root, "--strict")
    assert answer.returncode == 0, answer.stderr
    assert "unknown_format" not in answer.stdout
    asked = winnow(
        "sql", "SELECT message_count FROM trajectories", "--warehouse", root, "--format", "json"
    ).stdout
    assert [json.loads(line) for line in asked.splitlines()] == [{"message_count": 2}] * 2


def test_a_mapping_and_a_format_exclude_each_other(foreign_file: Path, tmp_path: Path) -> None:
    (tmp_path / "mapping.yaml").touch()
    answer = winnow(
        "ingest", foreign_file, "--mapping", tmp_path / "mapping.yaml", "--format", "tau_bench",
        "--warehouse", tmp_path / "warehouse",
    )  # fmt: skip
    assert answer.returncode == 1
    assert "Both --format tau_bench and --mapping" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.slow
def test_ingest_sums_up_and_judges_say_whom_labels_mean(tmp_path: Path) -> None:
    chat = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]}
    labels, root = tmp_path / "labels.csv", tmp_path / "warehouse"
    labels.write_text("task_id,resolved\nt,yes\n", encoding="utf-8")
    for run in ("first", "second"):
        (tmp_path / run).mkdir()
        line = json.dumps(chat | {"task_id": "t", "run": run})
        (tmp_path / run / "chat.jsonl").write_text(f"{line}\n{{oops\n", encoding="utf-8")
    paths = (tmp_path / "first", tmp_path / "second", labels)

    unclear = winnow("ingest", *paths, "--warehouse", root)
    assert unclear.returncode == 0, unclear.stderr
    for title in (
        "ingested",
        "in the warehouse, by format",
        "refused (winnow rejects --list)",
        "scores from other files",
    ):
        assert title in unclear.stdout
    assert "missing_reward_count" in unclear.stdout
    assert "ambiguous" in unclear.stdout

    clear = tmp_path / "of-first.csv"
    clear.write_text("task_id,resolved\nt,no\n", encoding="utf-8")
    told = winnow("ingest", clear, "--judges", "first", "--warehouse", root)
    assert told.returncode == 0, told.stderr
    assert "attached" in told.stdout
    query = "SELECT source_name, outcome_reward FROM judged_trajectories ORDER BY ALL"
    rows = winnow("sql", query, "--warehouse", root, "--format", "csv").stdout.splitlines()[1:]
    assert rows == ['"first",0', '"second",']


@pytest.mark.slow
def test_rejects_are_grouped_with_advice_and_listed_with_their_start(tmp_path: Path) -> None:
    root = tmp_path / "warehouse"
    (tmp_path / "broken.jsonl").write_text('{oops\n{"colour": "blue"}\n', encoding="utf-8")
    winnow("ingest", tmp_path / "broken.jsonl", "--warehouse", root)
    grouped = winnow("rejects", "--warehouse", root).stdout
    assert "unknown_format" in grouped
    assert "winnow formats" in grouped
    listed = winnow("rejects", "--reason", "invalid_json", "--warehouse", root).stdout
    assert "{oops" in listed
    assert "unknown_format" not in listed
    everything = winnow("rejects", "--list", "--warehouse", root).stdout
    assert "2 rows" in everything
    limited = winnow("rejects", "--list", "--limit", "1", "--warehouse", root).stdout
    assert "1 rows" in limited
    assert "There may be more" in limited
    written = [
        json.loads(line)
        for line in winnow("rejects", "--list", "--format", "json", "--warehouse", root).stdout.splitlines()
    ]
    assert [row["reason"] for row in written] == ["invalid_json", "unknown_format"]
    assert [row["record_id"] in everything for row in written] == [True, True]  # whole, not cut
    wrong = winnow("rejects", "--reason", "invalid_jsn", "--warehouse", root)
    assert wrong.returncode == 1
    assert "did you mean 'invalid_json'" in wrong.stderr.replace("\n", " ")


@pytest.mark.slow
def test_formats_lists_each_with_what_it_cannot_tell() -> None:
    shown = winnow("formats").stdout
    assert "cannot tell" in shown
    words = set(shown.split())
    for name, member in ROLLOUT_FORMATS.items():
        assert name in words
        assert set(member.lacks.split()) <= words, name
    assert set(TRAINING_FORMATS) <= words
