"""A warehouse of the demo's run that a test may change, and real rollouts."""

import shutil
from pathlib import Path

import pytest
import zstandard

from tests.flows.finished import Finished
from warehouse import Warehouse


@pytest.fixture
def house(demo_run: Finished, tmp_path: Path) -> Warehouse:
    shutil.copytree(demo_run.root, tmp_path / "warehouse", ignore=shutil.ignore_patterns("prefect"))
    return Warehouse(tmp_path / "warehouse")


@pytest.fixture(scope="session")
def airline_json(airline_file: Path) -> bytes:
    with airline_file.open("rb") as compressed:
        return zstandard.ZstdDecompressor().stream_reader(compressed).read()
