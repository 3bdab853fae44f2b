"""Run a command and watch it: seconds, and the most memory that it and all its children held at one moment.

`python -m benchmarks.watched COMMAND ...` prints one JSON object. Two figures of memory, as `/proc` tells them every
20 ms: the sum of resident sets, in which pages that processes share (Python, Arrow) count once for each of them, so the
truth is never more; and the sum of proportional sets, in which they count once, looked at whenever the former grew.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

INTERVAL_S = 0.02
GROWTH_BYTES = 2**20
"""By how much resident sets must exceed their peak before proportional ones, which take longer, are summed again."""
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What one command took."""

    wall_s: float
    peak_mib: float
    """Sum of resident sets."""
    proportional_mib: float
    """Sum of proportional sets: what the command really took."""
    exit_code: int


def watch(command: Sequence[str], *, env: dict[str, str] | None = None, log: Path | None = None) -> Watch:
    """Run a command to its end; its output goes to `log`, or nowhere."""
    with (log or Path(os.devnull)).open("wb") as out:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=env)
        peak, proportional_peak, looked_at = 0, 0, 0
        while process.poll() is None:
            pids = _tree(process.pid)
            peak = max(peak, sum(map(_resident_bytes, pids)))
            if peak > looked_at + GROWTH_BYTES:
                looked_at = peak
                proportional_peak = max(proportional_peak, sum(map(_proportional_bytes, pids)))
            time.sleep(INTERVAL_S)
        wall_s = time.perf_counter() - start
    return Watch(
        wall_s=wall_s,
        peak_mib=peak / 2**20,
        proportional_mib=proportional_peak / 2**20,
        exit_code=process.returncode,
    )


def _tree(root: int) -> list[int]:
    """List a process and all below it."""
    found, pending = [], [root]
    while pending:
        found.append(pending.pop())
        with suppress(OSError):
            for task in Path(f"/proc/{found[-1]}/task").iterdir():
                pending += map(int, (task / "children").read_text().split())
    return found


def _resident_bytes(pid: int) -> int:
    """Tell a process's resident set; 0 when it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except (OSError, IndexError):
        return 0


def _proportional_bytes(pid: int) -> int:
    """Tell a process's proportional set; 0 when it has ended."""
    try:
        told = dict(
            line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
        )
        return int(told["Pss"].split()[0]) * 1024
    except (OSError, KeyError):
        return 0


def main() -> None:
    """Watch the command of the command line."""
    sys.stdout.write(json.dumps(asdict(watch(sys.argv[1:], log=Path("/dev/stderr")))) + "\n")


if __name__ == "__main__":
    main()
