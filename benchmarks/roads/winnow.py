"""Winnow's ingest, as the command line runs it; the seconds leave out the start of Prefect's server."""

import json
import sys
import time
from pathlib import Path

from benchmarks.measure import start_prefect
from benchmarks.roads import HOLDS_NEEDLE
from flows.settings import spare_loaded, tune_memory


def main() -> None:
    """Ingest, then ask the warehouse."""
    rollouts, place, needle = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    tune_memory()
    start_prefect(place.parent)
    from flows.ingest import ingest
    from warehouse import Warehouse

    spare_loaded()
    start = time.perf_counter()
    ingest(warehouse=place, paths=[str(rollouts)])
    wall_s = time.perf_counter() - start
    house = Warehouse(place)
    ((rows,),) = house.sql("SELECT count(*) FROM trajectories").rows()
    ((hits,),) = house.sql(
        f"SELECT count(DISTINCT trajectory_id) FROM messages WHERE {HOLDS_NEEDLE}", {"needle": needle}
    ).rows()
    sys.stdout.write(json.dumps({"wall_s": wall_s, "rows": rows, "hits": hits}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
