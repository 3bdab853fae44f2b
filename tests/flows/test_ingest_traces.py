"""Scores of a Langfuse export find their trace by its id, whatever lies where and came first."""

from pathlib import Path

import pytest

from flows.ingest import ingest
from tests.schemas.rollouts.samples.langfuse import SCORES, SNAKE, TRACE, as_csv, as_parquet, lines
from warehouse import Warehouse

FILES = {
    "observations/1.jsonl": lines(TRACE),
    "observations/2.parquet": as_parquet(SNAKE),
    "scores/1.jsonl": lines(SCORES),
    "scores/1.csv": as_csv([SCORES[0] | {"traceId": "T-3"}, SCORES[0] | {"traceId": "t-9"}]),
}


@pytest.mark.parametrize("order", [list(FILES), list(FILES)[::-1]], ids=["rollouts first", "scores first"])
def test_scores_find_their_trace_by_its_id(tmp_path: Path, order: list[str]) -> None:
    for name in order:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(FILES[name])
        ingest(warehouse=tmp_path / "w", paths=[str(tmp_path / name)])
    found = Warehouse(tmp_path / "w").sql(
        "SELECT extra ->> 'trace_id', name, value FROM all_scores JOIN trajectories USING (trajectory_id) ORDER BY ALL"
    )
    assert found.rows() == [("t-1", "helpful", 0.5), ("t-1", "kind", None), ("t-3", "helpful", 0.5)]
    states = Warehouse(tmp_path / "w").sql("SELECT state, count(*) FROM verdict_attachments GROUP BY ALL")
    assert dict(states.rows()) == {"attached": 3, "waiting": 1}


def test_a_trace_that_two_files_hold_parts_of_is_ambiguous(tmp_path: Path) -> None:
    files = {"1.jsonl": lines(TRACE[1:2]), "2.jsonl": lines(TRACE[2:]), "scores.jsonl": lines(SCORES)}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    ingest(warehouse=tmp_path / "w", paths=[str(tmp_path / name) for name in files])
    states = Warehouse(tmp_path / "w").sql("SELECT DISTINCT state, fitting_count FROM verdict_attachments")
    assert states.rows() == [("ambiguous", 2)]
