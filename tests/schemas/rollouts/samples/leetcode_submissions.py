from collections.abc import Iterator
from pathlib import Path

import msgspec

from tests.schemas.rollouts.real_files import Sample, archive_members, file_samples

LOG_FILE = "programming_runs/root/leetcode_metadata/2023-04-12_23-12-20.jsonl"


def samples(data: Path) -> Iterator[Sample]:
    """Submissions of the published log, with the large test cases cut short."""
    content = archive_members(data / "reflexion/reflexion_dev.tar.zst")[LOG_FILE]
    for line in content.splitlines():
        row = msgspec.json.decode(line)
        info = {name: value[:50] if isinstance(value, str) else value for name, value in row["info"].items()}
        yield from file_samples(LOG_FILE, msgspec.json.encode(row | {"info": info}))
