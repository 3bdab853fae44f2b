from pathlib import Path

import pytest

from warehouse import Warehouse


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "wh", create=True, bucket_count=4)
