"""Run a command and watch it: seconds, and the most memory that it and all its children held at one moment.

`python -m benchmarks.watched COMMAND ...` prints one JSON object. Memory is the sum of resident sets, as `/proc` tells
them every 20 ms: pages that processes share count once for each of them, so the truth is never more.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

INTERVAL_S = 0.02
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What one command took."""

    wall_s: float
    peak_mib: float
    exit_code: int


def watch(command: Sequence[str], *, env: dict[str, str] | None = None, log: Path | None = None) -> Watch:
    """Run a command to its end; its output goes to `log`, or nowhere."""
    with (log or Path(os.devnull)).open("wb") as out:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=env)
        peak = 0
        while process.poll() is None:
            peak = max(peak, _tree_bytes(process.pid))
            time.sleep(INTERVAL_S)
        wall_s = time.perf_counter() - start
    return Watch(wall_s=wall_s, peak_mib=peak / 2**20, exit_code=process.returncode)


def _tree_bytes(root: int) -> int:
    """Sum the resident sets of a process and all below it; one that ends meanwhile counts nothing."""
    total, pending = 0, [root]
    while pending:
        pid = pending.pop()
        try:
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
            for task in Path(f"/proc/{pid}/task").iterdir():
                pending += map(int, (task / "children").read_text().split())
        except (OSError, IndexError):
            continue
    return total


def main() -> None:
    """Watch the command of the command line."""
    sys.stdout.write(json.dumps(asdict(watch(sys.argv[1:], log=Path("/dev/stderr")))) + "\n")


if __name__ == "__main__":
    main()
