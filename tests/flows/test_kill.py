"""Kill -9 at any moment of `winnow run`, run it again: the same rows as without the kill."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.flows.environment import without_server
from tests.flows.finished import Finished, file_hashes, stored_rows
from warehouse import Warehouse
from warehouse.integrity import check

pytestmark = pytest.mark.slow

COMMITS_TO_LIVE = (5, 2, 3, 20, 30, 25)
"""After how many commits of its own each run is killed: some while rollouts come in, which takes 12 to 14 commits,
the others while they are scored, curated and exported, some 95 more."""
LATEST_S = 0.1
"""How long after its last commit a run is killed at most."""
DIFFERS = {"runs"}  # a log of what happened, and here different things happened


def command(root: Path, rollouts: Path) -> list[str]:
    executable = str(Path(sys.executable).parent / "winnow")
    paths = ["--warehouse", str(root / "warehouse"), "--out", str(root / "exports")]
    return [executable, "run", "demo", str(rollouts), *paths]


def count_commits(root: Path) -> int:
    return sum(1 for _ in root.rglob("_delta_log/*.json"))


def test_rows_after_kills_are_those_of_an_uninterrupted_run(demo_run: Finished, tmp_path: Path) -> None:
    randomness = random.Random(20261121)
    root = tmp_path / "warehouse"
    for commits in COMMITS_TO_LIVE:
        enough = count_commits(root) + commits
        process = subprocess.Popen(
            command(tmp_path, demo_run.inputs),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=without_server(),
        )
        while process.poll() is None and count_commits(root) < enough:
            time.sleep(0.002)
        time.sleep(randomness.uniform(0, LATEST_S))
        assert process.poll() is None, "the run finished before it could be killed; the test tried nothing"
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    subprocess.run(command(tmp_path, demo_run.inputs), check=True, stdout=subprocess.DEVNULL)
    ours, theirs = stored_rows(Warehouse(root), but=DIFFERS), stored_rows(demo_run.house, but=DIFFERS)
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if ours[name] != theirs[name]] == []
    assert check(Warehouse(root)).is_empty()
    hashes, expected = file_hashes(tmp_path / "exports" / "demo"), file_hashes(demo_run.out)
    assert hashes.keys() == expected.keys()
    assert {name for name in hashes if hashes[name] != expected[name]} <= {
        f"{folder}/manifest.json" for folder in ("trl_sft", "openai_chat", "trl_grpo")
    }  # they hold table versions
