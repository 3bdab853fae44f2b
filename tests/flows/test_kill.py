"""Kill -9 at any moment of `winnow run`, run it again: the same rows as without the kill."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.flows.finished import Finished, file_hashes
from warehouse import Warehouse
from warehouse.integrity import check

pytestmark = pytest.mark.slow

KILLS = 6
# Table versions count commits, and a killed run's commits count too; everything else must be equal.
COMMIT_COUNTERS = {"datasets": "table_versions"}
MANIFEST_AND_FILES_LIST = {"manifest.json"}


def command(root: Path, rollouts: Path) -> list[str]:
    executable = str(Path(sys.executable).parent / "winnow")
    paths = ["--warehouse", str(root / "warehouse"), "--out", str(root / "exports")]
    return [executable, "run", "demo", str(rollouts), *paths]


def all_rows(root: Path) -> dict[str, list[str]]:
    house = Warehouse(root)
    tables: dict[str, list[str]] = {}
    for name in house.store.table_names():
        if name == "runs":  # a log of what happened, and here different things happened
            continue
        frame = house.sql(f'SELECT * FROM "{name}"', quarantined=True).to_polars()
        frame = frame.drop(COMMIT_COUNTERS.get(name, ""), strict=False)
        tables[name] = sorted(repr(row) for row in frame.select(sorted(frame.columns)).rows())
    return tables


def test_rows_after_kills_are_those_of_an_uninterrupted_run(demo_run: Finished, tmp_path: Path) -> None:
    randomness = random.Random(20261121)
    environment = os.environ | {"PREFECT_HOME": os.environ["PREFECT_HOME"]}
    killed = 0
    for attempt in range(KILLS):
        process = subprocess.Popen(
            command(tmp_path, demo_run.inputs),
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        # Spread over start-up, ingest, score, curate and export; later attempts live longer.
        wait_s = randomness.uniform(2.0, 6.0 + 3.0 * attempt)
        deadline = time.monotonic() + wait_s
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            killed += 1
        process.wait()
    assert killed > 0, "every run finished before it could be killed; the test tried nothing"

    subprocess.run(command(tmp_path, demo_run.inputs), env=environment, check=True, stdout=subprocess.DEVNULL)
    assert all_rows(tmp_path / "warehouse") == all_rows(demo_run.root)
    assert check(Warehouse(tmp_path / "warehouse")).is_empty()
    ours, theirs = file_hashes(tmp_path / "exports" / "demo"), file_hashes(demo_run.out)
    assert ours.keys() == theirs.keys()
    assert {name for name in ours if ours[name] != theirs[name]} <= {
        f"{folder}/manifest.json" for folder in ("trl_sft", "openai_chat", "trl_grpo")
    }  # they hold table versions
