"""Ingest the same rollouts as one large file and as 10,000 small ones, and the small ones again: one run, ratios.

`python -m benchmarks.ingest_files`. The seconds leave out the start of Prefect's server, and hold its work for each run.
"""

import shutil
from itertools import islice
from pathlib import Path

from benchmarks.conversations import write_conversations
from benchmarks.measure import measured, report, start_prefect
from flows.settings import spare_loaded, tune_memory

WORKPLACE = Path(".bench")
FILES = 10_000
ROLLOUTS = 20_000


def main() -> None:
    """Write what is missing, ingest three times, print one line."""
    WORKPLACE.mkdir(exist_ok=True)
    large, small = WORKPLACE / "one_file.jsonl", WORKPLACE / "many_files"
    if not small.exists():
        write_conversations(large, ROLLOUTS)
        small.mkdir()
        with large.open("rb") as lines:
            for number in range(FILES):
                (small / f"{number:05d}.jsonl").write_bytes(b"".join(islice(lines, ROLLOUTS // FILES)))
    tune_memory()
    start_prefect(WORKPLACE)
    from flows.ingest import ingest

    spare_loaded()
    for name in ("from_one", "from_many"):
        shutil.rmtree(WORKPLACE / name, ignore_errors=True)
    with measured() as one:
        ingest(warehouse=WORKPLACE / "from_one", paths=[str(large)])
    with measured() as many:
        ingest(warehouse=WORKPLACE / "from_many", paths=[str(small)])
    with measured() as again:
        ingest(warehouse=WORKPLACE / "from_many", paths=[str(small)])
    report(
        work="ingest of files",
        MB=large.stat().st_size / 1e6,
        **{"one file s": one.wall_s, "10,000 files s": many.wall_s, "again s": again.wall_s},
        **{"many/one": many.wall_s / one.wall_s, "again/many": again.wall_s / many.wall_s},
    )


if __name__ == "__main__":
    main()
