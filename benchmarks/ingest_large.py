"""Ingest 20,000 chat rollouts beside the bare limit and beside Inspect Scout, in one run.

`python -m benchmarks.ingest_large [--scout PYTHON] [--times N]`. The bare limit is one typed decode of each line and
zstd-3 Parquet of the same columns, raw bytes included, and nothing else: no identity, no commit, no second look.
`PYTHON` is the interpreter of an environment with `inspect-scout` in it; without it Scout is left out.
"""

import argparse
import json
import shutil
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.conversations import write_conversations
from benchmarks.measure import machine
from benchmarks.watched import watch

WORKPLACE = Path(".bench")
TRAJECTORIES = 20_000
NEEDLE = "nws nws"
"""Words that stand side by side in some conversations and not in others."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """One road: what it took, and what it found."""

    wall_s: float
    work_s: float
    """Seconds without the start of interpreter, libraries and Prefect."""
    peak_mib: float
    proportional_mib: float
    rows: int
    hits: int


def main() -> None:
    """Run each road in turn, `--times` times, and print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scout", help="interpreter with inspect-scout")
    parser.add_argument("--times", type=int, default=1)
    given = parser.parse_args()
    rollouts = WORKPLACE / "conversations.jsonl"
    if not rollouts.exists():
        WORKPLACE.mkdir(exist_ok=True)
        write_conversations(rollouts, TRAJECTORIES)
    roads = {"bare": [sys.executable, "-m", "benchmarks.roads.bare"]}
    roads["winnow"] = [sys.executable, "-m", "benchmarks.roads.winnow"]
    if given.scout:
        roads["scout"] = [given.scout, "benchmarks/roads/scout.py"]
    results: dict[str, list[Result]] = {name: [] for name in roads}
    for _ in range(given.times):
        for name, command in roads.items():
            results[name].append(_travel(name, command, rollouts))
    _print(results, rollouts.stat().st_size)


def _travel(name: str, command: list[str], rollouts: Path) -> Result:
    """Run one road in a process of its own, into an empty place."""
    place, log = WORKPLACE / f"road_{name}", WORKPLACE / f"road_{name}.log"
    shutil.rmtree(place, ignore_errors=True)
    seen = watch([*command, str(rollouts), str(place), NEEDLE], log=log)
    told = json.loads(log.read_text().splitlines()[-1])
    return Result(
        wall_s=seen.wall_s,
        work_s=told["wall_s"],
        peak_mib=seen.peak_mib,
        proportional_mib=seen.proportional_mib,
        rows=told["rows"],
        hits=told["hits"],
    )


def _print(results: dict[str, list[Result]], size: int) -> None:
    sys.stdout.write(f"{size / 1e6:.0f} MB, {TRAJECTORIES:,} rollouts; {machine()}\n\n")
    sys.stdout.write(
        "| road | s | whole process s | rollouts/s | MB/s | peak MiB | proportional | rows | hits |\n|---|---|---|---|---|---|---|---|---|\n"
    )
    for name, runs in results.items():
        work_s = statistics.median(run.work_s for run in runs)
        cells = (
            name,
            f"{work_s:.1f}",
            f"{statistics.median(run.wall_s for run in runs):.1f}",
            f"{TRAJECTORIES / work_s:,.0f}",
            f"{size / 1e6 / work_s:.0f}",
            f"{max(run.peak_mib for run in runs):.0f}",
            f"{max(run.proportional_mib for run in runs):.0f}",
            f"{runs[0].rows:,}",
            f"{runs[0].hits:,}",
        )
        sys.stdout.write(f"| {' | '.join(cells)} |\n")


if __name__ == "__main__":
    main()
