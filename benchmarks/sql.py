"""Ask what users ask, over 10,000 simulated rollouts: `python -m benchmarks.sql`, after `benchmarks.score`."""

import statistics
import sys
from pathlib import Path

from benchmarks.measure import measured, report
from warehouse import Warehouse
from warehouse.queries import named_query, query_names

WORKPLACE = Path(".bench")
ASKED = 5


def main() -> None:
    """Ask each named query several times through the locked console, as `winnow sql` does."""
    root = WORKPLACE / "score"
    if not root.is_dir():
        sys.exit("There is no scored warehouse.\n\nHint: python -m benchmarks.score")
    house = Warehouse(root)
    with measured() as opening:
        console = house.console()
    ((example,),) = console.sql("SELECT min(trajectory_id) FROM trajectories").rows()
    medians: dict[str, float] = {}
    with console:
        for name in query_names():
            query = named_query(name)
            parameters = {"trajectory_id": example} if "$trajectory_id" in query else None
            times = []
            for _ in range(ASKED):
                with measured() as asked:
                    console.sql(query, parameters).to_arrow()
                times.append(asked.wall_s)
            medians[name] = statistics.median(times)
    for name, seconds in sorted(medians.items(), key=lambda item: -item[1]):
        sys.stdout.write(f"{name:28} {seconds * 1000:8.1f} ms\n")
    report(
        work="sql",
        questions=str(len(medians)),
        **{"open s": opening.wall_s, "median ms": 1000 * statistics.median(medians.values())},
        **{"slowest ms": 1000 * max(medians.values())},
    )


if __name__ == "__main__":
    main()
