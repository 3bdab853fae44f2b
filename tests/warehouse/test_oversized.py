"""Records that are too large for a row: kept whole, under their digest, or not at all."""

import gc
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.errors import UnknownNameError, WinnowError
from warehouse.oversized import OversizedFolder

CONTENT = b"some bytes\r\n" * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


def test_bytes_come_back_by_their_digest(tmp_path: Path) -> None:
    folder = OversizedFolder(path=tmp_path / "oversized")
    for _ in range(2):
        assert folder.keep([CONTENT[:100], CONTENT[100:]]) == (DIGEST, len(CONTENT))
    assert folder.read(DIGEST) == CONTENT
    assert [path.name for path in folder.path.iterdir()] == [f"{DIGEST}.zst"]


def test_a_source_that_breaks_leaves_nothing_behind(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken() -> Iterator[bytes]:
        yield CONTENT
        raise OSError("the source broke")

    folder = OversizedFolder(path=tmp_path)
    with pytest.raises(OSError, match="the source broke"):
        folder.keep(broken())
    assert list(tmp_path.iterdir()) == []
    gc.collect()
    assert capfd.readouterr().err == ""  # a stream left open would complain when it is collected


def test_a_folder_that_cannot_be_written_is_our_fault_not_the_sources(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WinnowError, match="make room"):
        OversizedFolder(path=tmp_path / "file").keep([CONTENT])


def test_what_was_never_kept_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="could not be read"):
        OversizedFolder(path=tmp_path).read(DIGEST)
