"""Score 10,000 simulated rollouts, all stages: `python -m benchmarks.score`."""

import shutil
from pathlib import Path

from benchmarks.measure import measured, report, simulated_rollouts

WORKPLACE = Path(".bench")


def main() -> None:
    """Measure steps, topology and every signal from a freshly ingested warehouse, then a run with nothing to do."""
    from flows.settings import prepare_prefect

    rollouts = simulated_rollouts(WORKPLACE)
    root = WORKPLACE / "score"
    shutil.rmtree(root, ignore_errors=True)
    prepare_prefect(WORKPLACE)
    from flows.ingest import ingest
    from flows.score import score

    ingest(warehouse=root, paths=[str(rollouts)])
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
