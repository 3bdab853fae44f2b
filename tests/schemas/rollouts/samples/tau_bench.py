from collections.abc import Iterator
from pathlib import Path

from tests.schemas.rollouts.real_files import Sample, file_samples, read_zst

ROWS = (0, 7, 33, 51, 120)


def samples(data: Path) -> Iterator[Sample]:
    """Some rows of the published airline results."""
    rows = list(file_samples("gpt-4o-airline.json", read_zst(data / "tau_bench/gpt-4o-airline.json.zst")))
    yield from (rows[index] for index in ROWS)
