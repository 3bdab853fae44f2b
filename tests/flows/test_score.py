"""Scoring what changed gives the rows of scoring everything, and leaves the rest alone."""

from pathlib import Path

import polars as pl
import pytest

from flows import score as scoring
from flows.ingest import ingest
from flows.score import score
from flows.stages import compute_stages
from flows.task_states import read_trials
from schemas.errors import WinnowError
from simulation.generate import generate
from tests.flows.finished import stored_rows
from warehouse import Warehouse
from warehouse.integrity import check

pytestmark = pytest.mark.slow

SOME = ["outcomes", "loops", "topology", "strategy", "strategy_domain"]
NOT_COMPUTED = {"runs", "sources", "records"}


class KilledError(WinnowError):
    """Stands for the end of the process."""


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Rollouts of 120 tasks; then two more tasks, and two more trials of two of the old ones."""
    folder = tmp_path_factory.mktemp("parts")
    sizes = {"first": (120, 3), "tasks": (122, 3), "trials": (2, 5)}
    return [
        generate(folder / name, tasks=tasks, trials=trials, seed=1, rendering="terse").rollouts
        for name, (tasks, trials) in sizes.items()
    ]


def scored(root: Path, *batches: list[Path], signals: list[str] | None) -> Warehouse:
    for batch in batches:
        ingest(warehouse=root, paths=[str(path) for path in batch])
        score(warehouse=root, signals=signals)
    return Warehouse(root)


def assert_same(house: Warehouse, other: Warehouse) -> None:
    ours, theirs = stored_rows(house, but=NOT_COMPUTED), stored_rows(other, but=NOT_COMPUTED)
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if ours[name] != theirs[name]] == []
    assert check(house).is_empty()


@pytest.fixture(scope="module")
def once(parts: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return scored(tmp_path_factory.mktemp("once") / "w", parts, signals=SOME)


def test_rows_are_those_of_scoring_once_for_every_signal(parts: list[Path], tmp_path: Path) -> None:
    """New tasks first, then new trials; other tests have both at once."""
    step_by_step = scored(tmp_path / "steps", *([part] for part in parts), signals=None)
    assert_same(step_by_step, scored(tmp_path / "once", parts, signals=None))


@pytest.fixture
def grown(parts: list[Path], tmp_path: Path) -> Warehouse:
    """Scored with the old rollouts; the new ones have come since."""
    house = scored(tmp_path / "w", [parts[0]], signals=SOME)
    ingest(warehouse=house.root, paths=[str(path) for path in parts[1:]])
    return house


def test_only_tasks_that_changed_are_computed(grown: Warehouse, once: Warehouse) -> None:
    commits = grown.store.version("steps") or 0
    counts = score(warehouse=grown.root, signals=SOME)
    assert_same(grown, once)
    assert counts.recomputed_trajectory_count == 2 * 3 + 2 * 5
    assert grown.store.version("steps") == commits + 1
    assert score(warehouse=grown.root, signals=SOME).recomputed_trajectory_count == 0


def test_files_of_untouched_buckets_stay(grown: Warehouse) -> None:
    folder = grown.store.path("topology_nodes")
    files = set(folder.rglob("*.parquet"))
    score(warehouse=grown.root, signals=SOME)
    fresh = {path.parent.name for path in set(folder.rglob("*.parquet")) - files}
    assert 1 <= len(fresh) <= 4 < grown.bucket_count


def test_a_run_that_ends_midway_is_repaired_by_the_next(
    grown: Warehouse, once: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = compute_stages

    def until_topology(*args: object) -> object:
        for table, frame in whole(*args):  # type: ignore[arg-type]
            if table.name == "topology_edges":
                raise KilledError("midway")
            yield table, frame

    with monkeypatch.context() as patch:
        patch.setattr(scoring, "compute_stages", until_topology)
        with pytest.raises(KilledError):
            score(warehouse=grown.root, signals=SOME)
    unfinished = grown.store.read("bucket_states").filter(pl.col("input_fingerprint") == "")
    assert 1 <= unfinished["bucket"].n_unique() <= 4
    score(warehouse=grown.root, signals=SOME)
    assert_same(grown, once)


def test_a_signal_that_was_left_out_for_a_while_is_computed_of_whole_buckets(
    grown: Warehouse, once: Warehouse
) -> None:
    score(warehouse=grown.root, signals=["outcomes"])
    score(warehouse=grown.root, signals=SOME)
    assert_same(grown, once)


def test_tasks_that_come_during_a_run_are_the_next_ones(
    parts: list[Path], once: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(warehouse=tmp_path / "w", paths=[str(parts[0])])
    told = read_trials

    def overtaken(house: Warehouse) -> pl.DataFrame:
        trials = told(house)
        ingest(warehouse=house.root, paths=[str(path) for path in parts[1:]])
        return trials

    with monkeypatch.context() as patch:
        patch.setattr(scoring, "read_trials", overtaken)
        score(warehouse=tmp_path / "w", signals=SOME)
    score(warehouse=tmp_path / "w", signals=SOME)
    assert_same(Warehouse(tmp_path / "w"), once)
