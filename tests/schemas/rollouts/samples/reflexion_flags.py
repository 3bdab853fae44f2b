from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tests.schemas.rollouts.real_files import Sample, archive_members, file_samples

FILES = (
    "alfworld_runs/root/base_run_logs/env_results_trial_3.json",
    "webshop_runs/reflexion_run_logs_1/env_results_trial_0.json",
)


def samples(data: Path) -> Iterator[Sample]:
    """Some entries of the published runs."""
    members = archive_members(data / "reflexion/reflexion_dev.tar.zst")
    for name in FILES:
        yield from islice(file_samples(name, members[name]), 5)
