import multiprocessing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from deltalake.exceptions import CommitFailedError
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from schemas.errors import CommitConflictError, SchemaMismatchError, UnknownNameError
from schemas.rows import arrow_table
from schemas.tables import TABLES
from schemas.tables.declaration import FLAG, INTEGER, Column
from schemas.tables.signal_tables import signal_table
from warehouse.commits import retry_commit
from warehouse.store import Store

LOOPS = signal_table("loops", "trajectory", (Column(name="retry_loop_count", type=INTEGER, doc="Loops."),))
SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "tables")


def score_rows(numbers: range | list[int], **changes: Any) -> pa.Table:
    row = {
        "score_index": 0,
        "scope": "trajectory",
        "step": None,
        "name": "reward",
        "value": 1.0,
        "source": "env",
        "annotator": None,
        "explanation": None,
    }
    return arrow_table(
        "scores", [row | {"trajectory_id": f"{n:032x}", "bucket": n % 4} | changes for n in numbers]
    )


def loop_rows(numbers: range | list[int], *, count: int = 0) -> pa.Table:
    return arrow_table(
        LOOPS, [{"trajectory_id": f"{n:032x}", "bucket": n % 4, "retry_loop_count": count} for n in numbers]
    )


def state_rows(stages: list[str], *, version: str = "1") -> pa.Table:
    return arrow_table(
        "bucket_states",
        [
            {"stage": stage, "bucket": 0, "stage_version": version, "input_fingerprint": "f"}
            for stage in stages
        ],
    )


def test_reads_an_absent_table_as_empty_under_its_schema(store: Store) -> None:
    assert store.version("messages") is None
    frame = store.read("messages")
    assert frame.is_empty()
    assert tuple(frame.columns) == TABLES["messages"].column_names
    assert frame.schema["bucket"] == pl.Int32


@pytest.mark.parametrize("folder", ["plain", "with space", "é🙂", "key=value", "a'b", "q?"])
def test_reads_back_what_was_appended_whatever_the_folder_is_called(tmp_path: Path, folder: str) -> None:
    store = Store(tmp_path / folder)
    store.append("scores", score_rows(range(10)))
    assert_frame_equal(store.read("scores"), pl.DataFrame(score_rows(range(10))))


def test_reads_only_the_buckets_and_columns_asked_for(store: Store) -> None:
    store.append("scores", score_rows(range(8)))
    frame = store.read("scores", columns=["value", "bucket"], buckets=[1, 3])
    assert frame.columns == ["value", "bucket"]
    assert sorted(frame["bucket"]) == [1, 1, 3, 3]


def test_reads_a_past_version(store: Store) -> None:
    store.append("scores", score_rows([1]))
    past = store.version("scores")
    store.append("scores", score_rows([2]))
    assert store.read("scores", version=past).height == 1
    assert store.read("scores").height == 2


def test_appending_nothing_makes_no_version(store: Store) -> None:
    store.append("scores", score_rows([]))
    assert store.version("scores") is None


def test_upsert_keeps_the_first_row_of_a_key_and_what_is_there(store: Store) -> None:
    rows = pa.concat_tables([score_rows([1], value=0.1), score_rows([1], value=0.2)])
    assert store.upsert("scores", rows) == 1
    version = store.version("scores")
    assert store.upsert("scores", score_rows([1], value=0.3)) == 0
    assert store.read("scores")["value"].to_list() == [0.1]
    assert store.version("scores") == version


def test_upsert_with_update_replaces_rows_of_known_keys(store: Store) -> None:
    store.upsert("bucket_states", state_rows(["steps", "topology"]))
    assert store.upsert("bucket_states", state_rows(["steps"], version="2"), update=True) == 1
    assert store.read("bucket_states")["stage_version"].to_list() == ["2", "1"]


def test_replaces_whole_buckets_and_no_other(store: Store) -> None:
    store.replace_buckets(LOOPS, loop_rows(range(8)), range(4))
    store.replace_buckets(LOOPS, loop_rows([1], count=5), [1, 2])
    frame = store.read(LOOPS)
    assert frame["bucket"].sort().to_list() == [0, 0, 1, 3, 3]
    assert frame.filter(bucket=1)["retry_loop_count"].to_list() == [5]


def test_replacing_with_no_rows_empties_the_buckets(store: Store) -> None:
    store.replace_buckets(LOOPS, loop_rows([]), [0])
    assert store.table_names() == ["signals_loops"]
    store.replace_buckets(LOOPS, loop_rows(range(8)), range(4))
    store.replace_buckets(LOOPS, loop_rows([]), [0, 1, 2])
    assert store.read(LOOPS)["bucket"].to_list() == [3, 3]


def test_refuses_to_replace_buckets_with_rows_of_others(store: Store) -> None:
    with pytest.raises(SchemaMismatchError, match=r"lie in buckets \[3\]"):
        store.replace_buckets(LOOPS, loop_rows([3]), [0])


def test_replaces_the_rows_of_some_ids_and_adds_those_of_new_ones(store: Store) -> None:
    store.replace_buckets(LOOPS, loop_rows(range(8)), range(4))
    rows = pa.concat_tables([loop_rows([1], count=5), loop_rows([9])])
    store.replace_rows(
        LOOPS, rows, column="trajectory_id", values=[f"{n:032x}" for n in (1, 5)], buckets=range(4)
    )
    counts = {int(row[0], 16): row[1] for row in store.read(LOOPS).drop("bucket").rows()}
    assert counts == {0: 0, 1: 5, 2: 0, 3: 0, 4: 0, 6: 0, 7: 0, 9: 0}
    assert store.version(LOOPS) == 2


def test_rows_that_are_there_alike_are_not_written_again(store: Store) -> None:
    store.replace_buckets(LOOPS, loop_rows(range(8)), range(4))
    version, ids = store.version(LOOPS), [f"{n:032x}" for n in range(8)]
    store.replace_rows(LOOPS, loop_rows(range(8)), column="trajectory_id", values=ids, buckets=range(4))
    assert store.version(LOOPS) == version


def test_a_signal_declared_anew_starts_its_table_anew(store: Store) -> None:
    store.replace_buckets(LOOPS, loop_rows(range(8)), range(4))
    redeclared = signal_table("loops", "trajectory", (Column(name="is_stuck", type=FLAG, doc="Stuck."),))
    rows = arrow_table(redeclared, [{"trajectory_id": "a", "bucket": 0, "is_stuck": True}])
    store.replace_buckets(redeclared, rows, [0])
    assert store.read(redeclared).to_dicts() == [{"trajectory_id": "a", "bucket": 0, "is_stuck": True}]
    assert store.read(LOOPS, version=1).height == 8


def test_refuses_to_append_to_a_table_of_another_declaration(store: Store) -> None:
    store.append(LOOPS, loop_rows([1]))
    redeclared = signal_table("loops", "trajectory", (Column(name="is_stuck", type=FLAG, doc="Stuck."),))
    rows = arrow_table(redeclared, [{"trajectory_id": "a", "bucket": 0, "is_stuck": True}])
    with pytest.raises(SchemaMismatchError, match=r"another declaration(.|\n)*Hint"):
        store.append(redeclared, rows)


def test_deletes_what_the_predicate_names(store: Store) -> None:
    assert store.delete("scores", "bucket = 1") == 0
    store.append("scores", score_rows(range(8)))
    assert store.delete("scores", "bucket = 1") == 2
    assert store.read("scores").height == 6


def test_takes_polars_frames(store: Store) -> None:
    store.append("scores", pl.DataFrame(score_rows([1])))
    assert store.read("scores").height == 1


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (score_rows([1]).drop_columns(["name"]), r"missing columns \['name'\]"),
        (score_rows([1]).append_column("more", pa.array([1])), r"unknown columns \['more'\]"),
        (score_rows([1]).set_column(2, "score_index", pa.array(["0"])), "'score_index'.*holds string"),
        (score_rows([1]).set_column(1, "bucket", pa.array([2**40])), "Rows do not fit table 'scores'"),
        (score_rows([1]).set_column(0, "trajectory_id", pa.array([None], pa.string())), "allows no null"),
    ],
)
def test_refuses_rows_that_do_not_fit(store: Store, rows: pa.Table, message: str) -> None:
    with pytest.raises(SchemaMismatchError, match=message):
        store.append("scores", rows)
    assert store.table_names() == []


def test_refuses_an_unknown_table(store: Store) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'scores'"):
        store.read("score")


@given(
    batches=st.lists(
        st.lists(st.tuples(st.integers(0, 6), st.floats(allow_nan=False)), max_size=6), min_size=1, max_size=3
    )
)
@settings(max_examples=15, deadline=None)
def test_upserts_keep_the_first_row_ever_given_per_key(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[tuple[int, float]]]
) -> None:
    store = Store(tmp_path_factory.mktemp("tables"))
    first: dict[str, float] = {}
    for batch in batches:
        rows = pa.concat_tables([score_rows([]), *(score_rows([n], value=value) for n, value in batch)])
        store.upsert("scores", rows)
        for n, value in batch:
            first.setdefault(f"{n:032x}", value)
    frame = store.read("scores")
    assert dict(zip(frame["trajectory_id"], frame["value"], strict=True)) == first


def append_and_upsert(folder: str, worker: int) -> None:
    store = Store(Path(folder))
    for round_ in range(4):
        store.append("scores", score_rows([1000 + worker * 10 + round_]))
        store.upsert("scores", score_rows(range(round_ * 5, round_ * 5 + 10)))


def replace_one_bucket(folder: str, bucket: int) -> None:
    store = Store(Path(folder))
    for count in range(3):
        store.replace_buckets(LOOPS, loop_rows([bucket, bucket + 4], count=count), [bucket])


@pytest.mark.parametrize("work", [append_and_upsert, replace_one_bucket])
def test_processes_at_once_lose_and_double_nothing(store: Store, work: Callable[[str, int], None]) -> None:
    """They also race to create the table."""
    workers = [SPAWN.Process(target=work, args=(str(store.folder), number)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
    if work is append_and_upsert:
        expected = {f"{n:032x}" for n in range(25)} | {
            f"{1000 + w * 10 + r:032x}" for w in range(4) for r in range(4)
        }
        assert sorted(store.read("scores")["trajectory_id"]) == sorted(expected)
    else:
        frame = store.read(LOOPS)
        assert frame["trajectory_id"].to_list() == [f"{n:032x}" for n in range(8)]
        assert set(frame["retry_loop_count"]) == {2}


def test_gives_up_with_a_hint_when_other_writers_keep_winning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("warehouse.commits.LONGEST_BACKOFF_S", 0)

    def lose() -> None:
        raise CommitFailedError

    with pytest.raises(CommitConflictError, match=r"table 'scores'(.|\n)*Hint"):
        retry_commit("scores", lose)


def test_how_much_a_bucket_unpacks_to_is_estimated_from_its_files(store: Store) -> None:
    """Texts that compress well weigh what they take in memory, wherever a bucket's rows lie."""
    assert store.unpacked_bytes("scores") == {}
    long = [score_rows([number], explanation=f"{number} again and " * 1_000) for number in range(100)]
    store.append("scores", pa.concat_tables(long))
    store.append("scores", score_rows(range(100, 104), explanation="short"))
    estimates = store.unpacked_bytes("scores")
    texts = 25 * 13_000
    assert set(estimates) == {0, 1, 2, 3}
    assert all(0.5 * texts < estimate < 2 * texts for estimate in estimates.values())
