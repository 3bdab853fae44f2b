"""Measure one piece of work: seconds, peak memory, and on what machine."""

import os
import platform
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SIMULATED_TASKS = 1_250
SIMULATED_TRIALS = 8


@dataclass(kw_only=True)
class Measure:
    """What one piece of work took."""

    wall_s: float = 0.0
    cpu_s: float = 0.0


@contextmanager
def measured() -> Iterator[Measure]:
    """Time the block, on the wall and on all processors of this process."""
    measure = Measure()
    wall, cpu = time.perf_counter(), time.process_time()
    yield measure
    measure.wall_s, measure.cpu_s = time.perf_counter() - wall, time.process_time() - cpu


def peak_mib() -> float:
    """Give the most memory that this process ever held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def machine() -> str:
    """Describe the machine in one line."""
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"


def simulated_rollouts(folder: Path) -> Path:
    """Write 10,000 simulated rollouts, unless they are there."""
    from simulation.generate import generate

    out = folder / "simulated"
    if not (out / "truth").is_dir():
        generate(out, tasks=SIMULATED_TASKS, trials=SIMULATED_TRIALS, seed=1)
    return out / "rollouts"


def start_prefect(folder: Path) -> None:
    """Start Prefect's own server, whose seconds are not the work's."""
    from flows.prefect_server import prepare_prefect
    from flows.terminal import mute_interpreter_exit

    mute_interpreter_exit()
    prepare_prefect(folder, starts_server=True)
    from prefect import flow

    @flow(name="warm-up")
    def warm_up() -> None:
        """Do nothing."""

    warm_up()


def folder_bytes(folder: Path) -> int:
    """Sum the sizes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def report(**figures: float | str) -> None:
    """Print figures as one line of a Markdown table with its head."""
    figures |= {"peak MiB": f"{peak_mib():.0f}", "machine": machine()}
    cells = [f"{value:.2f}" if isinstance(value, float) else str(value) for value in figures.values()]
    sys.stdout.write(f"| {' | '.join(figures)} |\n|{'---|' * len(figures)}\n| {' | '.join(cells)} |\n")
