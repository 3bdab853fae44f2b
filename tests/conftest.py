"""What all tests share: where the repository and the real rollouts are, and a Prefect of the tests' own."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from flows.prefect_server import prepare_prefect
from flows.terminal import mute_interpreter_exit

# Prefect reads its settings when it is imported, which collecting the tests does: so this cannot be a fixture.
# It keeps the user's warehouse, Prefect and hubs out of the tests.
mute_interpreter_exit()
HOME = Path(tempfile.mkdtemp(prefix="winnow-tests-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
for name in ("WINNOW_WAREHOUSE", "PREFECT_API_URL", "PREFECT_HOME"):
    os.environ.pop(name, None)
os.environ |= {"HF_HOME": str(HOME / "huggingface"), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
# One server for all that a worker of xdist runs, its commands included: each would take seconds to start its own.
prepare_prefect(HOME, starts_server="PYTEST_XDIST_WORKER" in os.environ)

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
