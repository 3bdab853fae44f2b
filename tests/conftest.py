"""What all tests share: where the repository and the real rollouts are, and a Prefect of the tests' own."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
REAL_DATA = REPOSITORY.parent / "shared" / "data"


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def real_data() -> Path:
    if not REAL_DATA.is_dir():
        pytest.skip("the folder of real rollouts, ../shared/data, is not here")
    return REAL_DATA


@pytest.fixture(scope="session")
def airline_file(real_data: Path) -> Path:
    return real_data / "tau_bench" / "gpt-4o-airline.json.zst"


@pytest.fixture(scope="session", autouse=True)
def _own_environment(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the user's warehouse, Prefect and hubs out of the tests."""
    home = tmp_path_factory.mktemp("home")
    for name in ("WINNOW_WAREHOUSE", "PREFECT_API_URL"):
        os.environ.pop(name, None)
    os.environ |= {
        "PREFECT_HOME": str(home / "prefect"),
        "HF_HOME": str(home / "huggingface"),
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
    }
    (home / "prefect").mkdir()
    from flows.settings import prepare_prefect

    prepare_prefect(home)
