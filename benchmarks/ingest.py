"""Ingest 10,000 simulated rollouts into a new warehouse: `python -m benchmarks.ingest`."""

import shutil
from pathlib import Path

from benchmarks.measure import folder_bytes, measured, report, simulated_rollouts, start_prefect

WORKPLACE = Path(".bench")


def main() -> None:
    """Measure the work of ingest's tasks; Prefect's own start, some seconds, is left out."""
    rollouts = simulated_rollouts(WORKPLACE)
    shutil.rmtree(WORKPLACE / "ingest", ignore_errors=True)
    start_prefect(WORKPLACE)
    from flows.ingest import ingest

    with measured() as first:
        counts = ingest(warehouse=WORKPLACE / "ingest", paths=[str(rollouts)])
    with measured() as again:
        ingest(warehouse=WORKPLACE / "ingest", paths=[str(rollouts)])
    size = folder_bytes(rollouts)
    report(
        work="ingest",
        trajectories=str(counts.trajectory_count),
        **{"raw MB": size / 1e6, "stored MB": folder_bytes(WORKPLACE / "ingest" / "tables") / 1e6},
        **{"s": first.wall_s, "CPU s": first.cpu_s, "trajectories/s": counts.trajectory_count / first.wall_s},
        **{"MB/s": size / 1e6 / first.wall_s, "again s": again.wall_s},
    )


if __name__ == "__main__":
    main()
