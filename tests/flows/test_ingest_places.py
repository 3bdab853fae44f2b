"""Who replaces whom: only other bytes at the same place, however the place is spelled."""

from pathlib import Path
from typing import Any

import pytest

from flows.funnel import IngestCounts
from flows.ingest import ingest
from flows.licences.listing import list_sources
from schemas.rows import arrow_table
from tests.flows.sources.reads import line, lines
from warehouse import Warehouse

BROKEN = lines(0) + line(1)[:40]
MENDED = lines(0, 1)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "house"


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def label(reward: float) -> bytes:
    return f"task_id,trial,reward\nt,0,{reward}\n".encode()


def sql(root: Path, query: str) -> list[Any]:
    return Warehouse(root).sql(query).rows()


def reject_count(root: Path) -> int:
    ((count,),) = sql(root, "SELECT count(*) FROM standing_rejects")
    return int(count)


def rewards(root: Path) -> list[float | None]:
    return [reward for (reward,) in sql(root, "SELECT outcome_reward FROM judged_trajectories")]


def replaced(counts: IngestCounts) -> tuple[int, int]:
    return counts.replaced_source_count, counts.withdrawn_verdict_count


def forget_places(root: Path) -> None:
    """Make the rows what an older Winnow wrote."""
    store = Warehouse(root).store
    rows = [row | {"place": None} for row in store.read("sources").to_dicts()]
    store.upsert("sources", arrow_table("sources", rows), update=True)
    (root / "file_stamps.parquet").unlink(missing_ok=True)


def test_a_file_of_the_same_name_in_another_folder_takes_nothing_back(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "a" / "run.jsonl", BROKEN)
    put(tmp_path / "a" / "results.csv", label(1))
    put(tmp_path / "b" / "run.jsonl", lines(7))
    put(tmp_path / "b" / "results.csv", label(0).replace(b"t,0", b"other,0"))
    for folder in ("a", "b"):
        monkeypatch.chdir(tmp_path / folder)
        counts = ingest(warehouse=root, paths=["run.jsonl", "results.csv"])
        assert replaced(counts) == (0, 0)
    assert reject_count(root) == 1
    assert sorted(rewards(root), key=str) == [1.0, None]
    shown = {
        uri for (uri,) in sql(root, "SELECT source_uri FROM sources UNION SELECT source_uri FROM records")
    }
    assert shown == {"run.jsonl", "results.csv"}


@pytest.mark.parametrize(
    "spelled", ["run.jsonl", "{folder}/run.jsonl", "../linked/run.jsonl", "../c/*.jsonl"]
)
def test_a_mended_file_settles_its_refusals_however_it_is_spelled(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spelled: str
) -> None:
    file = put(tmp_path / "c" / "run.jsonl", BROKEN)
    (tmp_path / "linked").symlink_to("c")
    monkeypatch.chdir(file.parent)
    ingest(warehouse=root, paths=["run.jsonl"])
    assert reject_count(root) == 1
    file.write_bytes(MENDED)
    counts = ingest(warehouse=root, paths=[spelled.format(folder=file.parent)])
    assert replaced(counts) == (1, 0)
    assert reject_count(root) == 0


def test_it_is_told_how_many_scores_no_longer_stand(root: Path, tmp_path: Path) -> None:
    put(tmp_path / "runs" / "run.jsonl", lines(0))
    labels = put(tmp_path / "runs" / "results.csv", label(1))
    ingest(warehouse=root, paths=[str(tmp_path / "runs")])
    labels.write_bytes(label(0.5))
    assert replaced(ingest(warehouse=root, paths=[str(labels)])) == (1, 1)
    assert rewards(root) == [0.5]
    again = ingest(warehouse=root, paths=[str(labels)])
    assert replaced(again) == (0, 0)
    assert not {"replaced_source_count", "withdrawn_verdict_count"} & again.told().keys()


def test_a_moved_folder_is_known_and_its_mended_files_settle_theirs(root: Path, tmp_path: Path) -> None:
    put(tmp_path / "old" / "run.jsonl", BROKEN)
    ingest(warehouse=root, paths=[str(tmp_path / "old")])
    (tmp_path / "old").rename(tmp_path / "new")
    assert ingest(warehouse=root, paths=[str(tmp_path / "new")]).new_trajectory_count == 0
    put(tmp_path / "new" / "run.jsonl", MENDED)
    ingest(warehouse=root, paths=[str(tmp_path / "new")])
    assert reject_count(root) == 0


def test_a_relative_path_of_an_older_warehouse_is_no_place(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder, content in (("a", label(1)), ("b", label(0).replace(b"t,0", b"other,0"))):
        put(tmp_path / folder / "results.csv", content)
    put(tmp_path / "a" / "run.jsonl", lines(0))
    monkeypatch.chdir(tmp_path / "a")
    ingest(warehouse=root, paths=["."])
    forget_places(root)
    monkeypatch.chdir(tmp_path / "b")
    assert replaced(ingest(warehouse=root, paths=["."])) == (0, 0)
    assert rewards(root) == [1.0]


def test_a_file_of_an_older_warehouse_gets_its_place_when_it_is_ingested_again(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "run.jsonl", lines(0))
    labels = put(tmp_path / "results.csv", label(1))
    monkeypatch.chdir(tmp_path)
    paths = ["run.jsonl", "results.csv"]
    ingest(warehouse=root, paths=paths)
    forget_places(root)
    ingest(warehouse=root, paths=paths)
    labels.write_bytes(label(0))
    assert replaced(ingest(warehouse=root, paths=paths)) == (1, 1)
    assert rewards(root) == [0.0]


def test_an_absolute_path_of_an_older_warehouse_is_its_place(root: Path, tmp_path: Path) -> None:
    file = put(tmp_path.resolve() / "run.jsonl", BROKEN)
    ingest(warehouse=root, paths=[str(file)])
    forget_places(root)
    file.write_bytes(MENDED)
    assert replaced(ingest(warehouse=root, paths=[str(file)])) == (1, 0)
    assert reject_count(root) == 0


def test_a_licence_does_not_reach_a_file_of_the_same_name_in_another_folder(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, (folder, licence) in enumerate({"a": None, "b": "MIT"}.items()):
        put(tmp_path / folder / "run.jsonl", lines(number))
        monkeypatch.chdir(tmp_path / folder)
        ingest(warehouse=root, paths=["run.jsonl"], licence=licence)
    told = list_sources(Warehouse(root))["licence"].to_list()
    assert sorted(told, key=str) == ["MIT", None]


def test_a_licence_holds_for_what_lay_there_before_however_it_is_spelled(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = put(tmp_path / "run.jsonl", lines(0))
    ingest(warehouse=root, paths=[str(file)])
    file.write_bytes(lines(0, 1))
    monkeypatch.chdir(tmp_path)
    ingest(warehouse=root, paths=["run.jsonl"], licence="MIT")
    assert Warehouse(root).store.read("licences")["licence"].to_list() == ["MIT", "MIT"]
