"""What the system refuses is told in words, whichever library ran into it; faults of ours are not hidden."""

import errno
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake
from deltalake.exceptions import DeltaError

from flows.system_faults import HINTS, system_fault

TABLE = pa.table({"a": [1]})


@pytest.mark.parametrize(
    "write",
    [
        lambda path: path.mkdir(parents=True),
        lambda path: write_deltalake(str(path), TABLE),
        lambda path: pq.write_table(TABLE, path),
        lambda path: pl.DataFrame(TABLE).write_parquet(path),
    ],
    ids=["Python", "Delta Lake", "Arrow", "Polars"],
)
def test_a_file_in_the_place_of_a_folder_is_told_whoever_met_it(
    write: Callable[[Path], None], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises((OSError, DeltaError)) as refused:
        write(tmp_path / "file" / "folder")
    told = system_fault(refused.value)
    assert told is not None
    assert told.startswith("Not a directory")
    assert str(tmp_path / "file") in told
    assert HINTS[errno.ENOTDIR] in told


@pytest.mark.parametrize(
    "refused",
    [
        OSError(errno.ENOSPC, "No space left on device", "/w/tables"),
        OSError("[Errno 28] Error writing bytes to file. Detail: [errno 28] No space left on device"),
        DeltaError("Generic LocalFileSystem error: Unable to copy data to file: No space left (os error 28)"),
    ],
    ids=["Python", "Arrow", "Delta Lake"],
)
def test_a_full_disk_is_told_with_what_to_do(refused: Exception) -> None:
    wrapped = RuntimeError("a task failed")
    wrapped.__cause__ = refused
    for exc in (refused, wrapped):
        told = system_fault(exc)
        assert told is not None
        assert told.startswith("No space left on device")
        assert "what was committed is not lost" in told


@pytest.mark.parametrize("ours", [KeyError("x"), ValueError("28"), ConnectionRefusedError(111, "refused")])
def test_other_errors_keep_their_traceback(ours: Exception, tmp_path: Path) -> None:
    assert system_fault(ours) is None
    assert system_fault(ours, tmp_path) is None
    assert system_fault(ours, tmp_path / "absent") is None
