"""Score 10,000 simulated rollouts, all stages: `python -m benchmarks.score`."""

import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.measure import measured, report, simulated_rollouts, start_prefect

WORKPLACE = Path(".bench")


def main() -> None:
    """Measure steps, topology and every signal from a freshly ingested warehouse, then a run with nothing to do."""
    rollouts = simulated_rollouts(WORKPLACE)
    root = WORKPLACE / "score"
    shutil.rmtree(root, ignore_errors=True)
    start_prefect(WORKPLACE)
    # In a process of its own, so that the peak of memory is that of scoring.
    subprocess.run(
        [sys.executable, "-m", "flows", "ingest", str(rollouts), "--warehouse", str(root)], check=True
    )
    from flows.score import score

    with measured() as first:
        counts = score(warehouse=root)
    with measured() as again:
        score(warehouse=root)
    report(
        work="score",
        trajectories=str(counts.trajectory_count),
        **{"s": first.wall_s, "CPU s": first.cpu_s, "trajectories/s": counts.trajectory_count / first.wall_s},
        **{"again s": again.wall_s},
    )


if __name__ == "__main__":
    main()
