import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from schemas.errors import WinnowError
from warehouse import Warehouse
from warehouse.secrecy import KEY_BYTES, KEY_NAME, privacy_key

WRITERS = 8


def test_key_is_made_once_and_is_its_owners_alone(warehouse: Warehouse, tmp_path: Path) -> None:
    key = privacy_key(warehouse)
    assert len(key) == KEY_BYTES
    assert privacy_key(Warehouse(warehouse.root)) == key
    assert stat.S_IMODE((warehouse.root / KEY_NAME).stat().st_mode) == 0o600
    assert privacy_key(Warehouse(tmp_path / "other", create=True)) != key


def test_writers_at_once_agree_on_one_key_and_leave_nothing_else(warehouse: Warehouse) -> None:
    before = set(warehouse.root.iterdir())
    barrier = Barrier(WRITERS)

    def make(_: int) -> bytes:
        barrier.wait()
        return privacy_key(warehouse)

    with ThreadPoolExecutor(WRITERS) as writers:
        keys = set(writers.map(make, range(WRITERS)))
    assert keys == {privacy_key(warehouse)}
    assert set(warehouse.root.iterdir()) - before == {warehouse.root / KEY_NAME}


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_file_that_is_no_key_is_refused_without_showing_it(warehouse: Warehouse, content: bytes) -> None:
    (warehouse.root / KEY_NAME).write_bytes(content)
    with pytest.raises(WinnowError, match=rf"holds {len(content)} bytes. A key has 32(.|\n)*Hint") as caught:
        privacy_key(warehouse)
    assert not content or content.decode() not in str(caught.value)
