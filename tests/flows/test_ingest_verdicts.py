"""Label files say something at each of their places, and may be told later whom they judge."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

from flows.ingest import ingest
from warehouse import Warehouse

TASK = "astropy__astropy-1"
REPORT = json.dumps({TASK: {"resolved": True, "patch_is_None": False, "patch_exists": True}}).encode()
PLACES = tuple(f"run_evaluation/{run}/model/{TASK}/report.json" for run in ("run_a", "run_b"))


def runs(warehouse: Path) -> list[Any]:
    rows = Warehouse(warehouse).sql("SELECT run FROM verdicts WHERE is_outcome ORDER BY run").rows()
    return [run for (run,) in rows]


def write(folder: Path, *places: str) -> Path:
    for place in places:
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_bytes(REPORT)
    return folder


def test_equal_reports_of_two_runs_are_two_verdicts(tmp_path: Path) -> None:
    counts = ingest(warehouse=tmp_path / "house", paths=[str(write(tmp_path / "logs", *PLACES))])
    assert runs(tmp_path / "house") == ["run_a", "run_b"]
    assert counts.verdict_count == 2


def test_a_report_that_comes_later_from_another_run_counts_too(tmp_path: Path) -> None:
    for place in PLACES:
        ingest(warehouse=tmp_path / "house", paths=[str(write(tmp_path / place[:22], place))])
    assert runs(tmp_path / "house") == ["run_a", "run_b"]


def test_equal_reports_in_an_archive_are_two_verdicts(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "logs.tar", "w") as archive:
        for place in PLACES:
            info = tarfile.TarInfo(place)
            info.size = len(REPORT)
            archive.addfile(info, io.BytesIO(REPORT))
    ingest(warehouse=tmp_path / "house", paths=[str(tmp_path / "logs.tar")])
    assert runs(tmp_path / "house") == ["run_a", "run_b"]


def test_whom_a_file_judges_may_be_said_later(tmp_path: Path) -> None:
    folder = str(write(tmp_path / "logs", PLACES[0]))
    for judges in (None, "my-run"):
        ingest(warehouse=tmp_path / "house", paths=[folder], judges=judges)
    told = Warehouse(tmp_path / "house").sql("SELECT DISTINCT judges FROM verdicts").rows()
    assert told == [("my-run",)]


def test_what_was_said_of_whom_a_file_judges_stays_said(tmp_path: Path) -> None:
    folder = str(write(tmp_path / "logs", PLACES[0]))
    ingest(warehouse=tmp_path / "house", paths=[folder], judges="my-run")
    write(tmp_path / "logs", PLACES[1])
    (tmp_path / "logs" / "broken.json").write_text("{")
    for _ in range(2):
        ingest(warehouse=tmp_path / "house", paths=[folder])
    told = (
        Warehouse(tmp_path / "house")
        .sql("SELECT judges FROM verdicts WHERE run = 'run_a' AND is_outcome")
        .rows()
    )
    assert told == [("my-run",)]


def test_a_corrected_file_takes_back_what_it_said(tmp_path: Path) -> None:
    place = tmp_path / "logs" / PLACES[0]
    write(tmp_path / "logs", PLACES[0])
    ingest(warehouse=tmp_path / "house", paths=[str(tmp_path / "logs")])
    place.write_bytes(REPORT.replace(b"true", b"false", 1))
    ingest(warehouse=tmp_path / "house", paths=[str(tmp_path / "logs")])
    standing = Warehouse(tmp_path / "house").sql(
        "SELECT value FROM verdict_attachments JOIN verdicts USING (verdict_id) WHERE is_outcome"
    )
    assert standing.rows() == [(0.0,)]
