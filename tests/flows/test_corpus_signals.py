"""The pass over the whole corpus: the same whatever the order of ingest, and up to date wherever anything changed."""

from pathlib import Path

import polars as pl
import pytest

from curation.signals.strategy import StrategyDomain
from flows.buckets import read_buckets
from flows.frames import read_frames
from flows.ingest import ingest
from flows.score import score
from flows.topology_report import topology_report
from simulation.generate import generate
from warehouse import Warehouse

pytestmark = pytest.mark.slow

NAMES = ["outcomes", "strategy_domain"]


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("halves")
    for seed in (1, 2):
        generate(folder / str(seed), tasks=30, trials=4, seed=seed)
    return [folder / str(seed) / "rollouts" for seed in (1, 2)]


def scored(root: Path, *batches: Path) -> Warehouse:
    for batch in batches:
        ingest(warehouse=root, paths=[str(batch)])
        score(warehouse=root, signals=NAMES)
    return Warehouse(root)


def stored(house: Warehouse) -> pl.DataFrame:
    return house.store.read(StrategyDomain().tables()["trajectory"]).drop("bucket")


@pytest.fixture(scope="module")
def forward(halves: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return scored(tmp_path_factory.mktemp("forward") / "w", *halves)


def test_order_of_ingest_does_not_matter(forward: Warehouse, halves: list[Path], tmp_path: Path) -> None:
    assert stored(forward).equals(stored(scored(tmp_path / "w", *reversed(halves))))


def test_agrees_with_the_signal_over_all_frames(forward: Warehouse) -> None:
    whole = read_frames(forward, [bucket.bucket for bucket in read_buckets(forward)])
    computed = StrategyDomain().compute(whole)["trajectory"].drop("bucket")
    assert stored(forward).equals(computed)
    assert computed["luck"].count() > 0


def test_a_second_time_there_is_nothing_to_do(forward: Warehouse) -> None:
    assert score(warehouse=forward.root, signals=NAMES).recomputed_stage_count == 0


def test_its_base_comes_with_it(forward: Warehouse) -> None:
    stages = set(forward.store.read("bucket_states")["stage"])
    assert {"signal:strategy", "signal:strategy_domain"} <= stages


def test_the_report_reads_what_is_stored(forward: Warehouse) -> None:
    report = topology_report(forward.root)
    honest = report.filter(pl.col("bias").is_null())
    assert set(honest["estimate"]) == {
        "other half",
        "none",
        "other tasks, logistic regression",
        "other tasks, boosted trees",
    }
    assert (
        report.filter((pl.col("estimate") == "in sample") & (pl.col("resolution") == "all"))["auc"].item()
        > 0.9
    )
