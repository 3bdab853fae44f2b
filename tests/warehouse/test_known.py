"""What the memory of ids answers is what the table holds, however alike ids are."""

import tempfile
from pathlib import Path

import polars as pl
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.tables.declaration import STRING, Column, Table
from warehouse.known import KnownIds
from warehouse.store import Store

IDS = Table(
    name="ids", row="an id", columns=(Column(name="thing_id", type=STRING, doc="An id."),), key=("thing_id",)
)
WORDS = st.sampled_from(["0" * 16, "7f" * 8, "ff" * 8])
SHORT, LONG = (st.lists(WORDS, min_size=size, max_size=size).map("".join) for size in (2, 4))
"""Ids that often begin alike; as long as those of trajectories, and of raw records."""


def batches_of(ids: st.SearchStrategy[str]) -> st.SearchStrategy[list[tuple[set[str], set[str], bool]]]:
    """What comes, what is asked then, and whether it is told."""
    batch = st.tuples(st.sets(ids, max_size=6), st.sets(ids, max_size=12), st.booleans())
    return st.lists(batch, max_size=4)


def rows(ids: set[str]) -> pa.Table:
    return pa.table({"thing_id": pa.array(sorted(ids), pa.string())}, schema=IDS.arrow_schema)


@settings(max_examples=25, deadline=None)
@given(batches=batches_of(SHORT) | batches_of(LONG))
def test_what_is_told_to_be_held_is_held(batches: list[tuple[set[str], set[str], bool]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        known, held = KnownIds(store, IDS, "thing_id"), set[str]()
        for ids, asked, is_told in batches:
            fresh = ids - held
            store.append(IDS, rows(fresh))
            if fresh and is_told:  # otherwise another process appended them
                known.added(pl.Series(sorted(fresh)))
            held |= fresh
            assert known.among(asked) == asked & held


def test_ids_that_were_seen_are_not_read_again(tmp_path: Path) -> None:
    """Tasks come back in many batches, one trial in each: to read the table for each would cost more than the batch."""
    store = Store(tmp_path)
    known, ids = KnownIds(store, IDS, "thing_id"), {"ab" * 16, "cd" * 16}
    for part in ({"01" * 16}, ids):
        store.append(IDS, rows(part))
        known.added(pl.Series(sorted(part)))
        known.among(part)
    for path in store.path(IDS.name).glob("*.parquet"):
        path.unlink()
    assert known.among([*ids, "ef" * 16]) == ids
