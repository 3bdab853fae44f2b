"""Warehouses that the tests of flows look at; made once, never changed by a test."""

from pathlib import Path

import pytest

from flows.nightly import nightly
from simulation.generate import generate
from tests.flows.finished import Finished
from tests.tiny_model import ENCODED_TEXTS, build_tokenizer, save_encoder


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rollouts of the simulation, with their truth beside them."""
    folder = tmp_path_factory.mktemp("simulated")
    generate(folder, tasks=30, trials=8, seed=11)
    return folder


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory: pytest.TempPathFactory, simulated: Path) -> Finished:
    """The demo recipe over simulated rollouts."""
    root = tmp_path_factory.mktemp("demo")
    rollouts = simulated / "rollouts"
    report = nightly(
        warehouse=root / "warehouse", recipe=Path("demo"), paths=[str(rollouts)], out=root / "exports"
    )
    return Finished(root=root / "warehouse", out=root / "exports" / "demo", inputs=rollouts, report=report)


@pytest.fixture(scope="session")
def airline_run(tmp_path_factory: pytest.TempPathFactory, airline_file: Path) -> Finished:
    """The airline recipe over real tau-bench rollouts."""
    root = tmp_path_factory.mktemp("airline")
    report = nightly(
        warehouse=root / "warehouse", recipe=Path("airline"), paths=[str(airline_file)], out=root / "exports"
    )
    return Finished(
        root=root / "warehouse", out=root / "exports" / "airline", inputs=airline_file, report=report
    )


@pytest.fixture(scope="session")
def tiny_tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A byte-level tokenizer with Qwen3's template, which decodes whatever it encoded."""
    folder = tmp_path_factory.mktemp("tokenizer")
    build_tokenizer(ENCODED_TEXTS).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence encoder of a few weights."""
    folder = tmp_path_factory.mktemp("encoder")
    save_encoder(folder)
    return folder
